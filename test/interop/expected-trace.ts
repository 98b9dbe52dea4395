import { expect } from "vitest";
import { spansOfScenario, type PlacedSpan, type Scenario } from "./scenario.ts";

/** A span as `read_traces.py` prints it. */
export interface ReadSpan {
  readonly name: string;
  readonly span_type: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly trace_id: string;
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly status: string;
  readonly description: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly start_time_ns: string;
  readonly end_time_ns: string;
  readonly events: readonly { name: string; timestamp: string; attributes: Record<string, unknown> }[];
  readonly links: readonly { trace_id: string; span_id: string }[];
}

/** A trace as `read_traces.py` prints it. */
export interface ReadTrace {
  readonly trace_id: string;
  readonly spans: readonly ReadSpan[];
  readonly [field: string]: unknown;
}

const expectedStatus = (span: PlacedSpan) =>
  span.error === undefined
    ? { status: "OK", description: "" }
    : { status: "ERROR", description: `${span.error.type}: ${span.error.message}` };

const exceptionOf = (span: PlacedSpan) =>
  span.error === undefined
    ? []
    : [
        {
          name: "exception",
          timestamp: expect.stringMatching(/^\d{19}$/) as string,
          attributes: {
            "exception.type": span.error.type,
            "exception.message": span.error.message,
            "exception.stacktrace": expect.any(String) as string,
          },
        },
      ];

const expectedSpan = (span: PlacedSpan, trace: ReadTrace) => ({
  name: span.name,
  span_type: span.spanType,
  span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
  parent_id: trace.spans.find(({ name }) => name === span.parentName)?.span_id ?? null,
  trace_id: trace.trace_id,
  inputs: span.inputs ?? null,
  outputs: span.outputs ?? null,
  ...expectedStatus(span),
  start_time_ns: span.startUnixNano,
  end_time_ns: span.endUnixNano,
  events: [
    ...(span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({ name, timestamp: timeUnixNano, attributes })),
    ...exceptionOf(span),
  ],
  // The client puts the location in front of what is an id without one.
  links: (span.links ?? []).map(({ traceId, spanId }) => ({
    trace_id: `${/^trace:\/[^/]+\//.exec(trace.trace_id)?.[0] ?? ""}tr-${traceId}`,
    span_id: spanId,
  })),
});

const expectedAttributes = (span: PlacedSpan, trace: ReadTrace, { session, user }: Scenario["trace"]) => ({
  "mlflow.traceRequestId": trace.trace_id,
  "mlflow.spanType": span.spanType,
  "mlflow.spanLogLevel": expect.any(Number) as number,
  ...(span.inputs === undefined ? {} : { "mlflow.spanInputs": span.inputs }),
  ...(span.outputs === undefined ? {} : { "mlflow.spanOutputs": span.outputs }),
  ...(span.parentName === null && session !== undefined ? { "session.id": session } : {}),
  ...(span.parentName === null && user !== undefined ? { "user.id": user } : {}),
  ...span.attributes,
  ...(span.tokenUsage === undefined ? {} : { "mlflow.chat.tokenUsage": span.tokenUsage }),
});

/** Holds a trace, as MLflow's client read it, to the scenario that was recorded: field by field. */
export const expectScenario = (
  trace: ReadTrace,
  scenario: Scenario,
  differing: Readonly<Record<string, unknown>> = {},
): void => {
  const expected = spansOfScenario(scenario.root);
  expect(trace.spans.map(({ name }) => name).sort()).toEqual(expected.map(({ name }) => name).sort());
  for (const span of expected) {
    const { attributes, ...found } = trace.spans.find(({ name }) => name === span.name) as ReadSpan;
    expect(found).toEqual(expectedSpan(span, trace));
    const changed = Object.fromEntries(Object.entries(differing).filter(([key]) => key in (span.attributes ?? {})));
    // MLflow's client keeps a start time that it was given as an attribute as well.
    const { "mlflow.spanStartTimeNs": _, ...own } = attributes;
    expect(own).toEqual({ ...expectedAttributes(span, trace, scenario.trace), ...changed });
  }
};
