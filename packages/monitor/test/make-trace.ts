import { SpanType, type JsonValue } from "@tracelake/wire";
import type { Trace, TraceAssessment, TraceSpan } from "@tracelake/workspace-client";

let ids = 0;

/** A span below the root. */
export const makeSpan = (span: Partial<TraceSpan> = {}): TraceSpan => ({
  otelTraceId: "0".repeat(32),
  spanId: (++ids).toString(16).padStart(16, "0"),
  parentSpanId: rootSpanId,
  name: "step",
  type: SpanType.UNKNOWN,
  startTimeUnixNano: BigInt(ids),
  endTimeUnixNano: BigInt(ids + 1_000_000),
  status: "OK",
  statusMessage: undefined,
  inputs: undefined,
  outputs: undefined,
  attributes: {},
  events: [],
  ...span,
});

export const rootSpanId = "f".repeat(16);

/** An expectation that a person wrote beside a trace. */
export const makeExpectation = (
  name: string,
  value: JsonValue,
  more: Partial<TraceAssessment> = {},
): TraceAssessment => ({
  assessmentId: `a-${++ids}`,
  kind: "expectation",
  name,
  value,
  error: undefined,
  rationale: undefined,
  source: { type: "HUMAN", id: "ada@example.com" },
  spanId: undefined,
  metadata: {},
  overrides: undefined,
  isValid: true,
  createTime: undefined,
  lastUpdateTime: undefined,
  ...more,
});

/** What a trace is made of. */
export interface MakeTraceOptions {
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly spans?: readonly TraceSpan[];
  readonly session?: string;
  readonly requestTime?: Date;
  readonly assessments?: readonly TraceAssessment[];
}

export const makeTrace = (options: MakeTraceOptions = {}): Trace => ({
  info: {
    traceId: `tr-${(++ids).toString(16).padStart(32, "0")}`,
    location: undefined,
    experimentId: "1",
    clientRequestId: undefined,
    state: "OK",
    requestTime: options.requestTime,
    durationMillis: 1,
    requestPreview: undefined,
    responsePreview: undefined,
    metadata: {},
    tags: {},
    session: options.session,
    user: undefined,
    tokenUsage: undefined,
    assessments: options.assessments ?? [],
  },
  spans: [
    makeSpan({
      spanId: rootSpanId,
      parentSpanId: undefined,
      name: "agent",
      type: SpanType.AGENT,
      inputs: options.inputs,
      outputs: options.outputs,
    }),
    ...(options.spans ?? []),
  ],
});

/** A retriever's span. */
export const makeRetriever = (outputs: JsonValue, more: Partial<TraceSpan> = {}): TraceSpan =>
  makeSpan({ name: "search", type: SpanType.RETRIEVER, outputs, ...more });
