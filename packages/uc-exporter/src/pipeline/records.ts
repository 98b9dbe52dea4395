import type { Attributes } from "@opentelemetry/api";
import {
  toKeyValues,
  type EncodableSpan,
  type JsonValue,
  type LogRecord,
  type Metric,
  type RecordSource,
  type Resource,
} from "@tracelake/wire";
import { toOtlpSpan, toSkeletonSpan, type SpanValues } from "../convert/span-to-otlp.ts";
import type { EndedTrace } from "../convert/trace-info.ts";
import type { ReadableSpan } from "../readable-span.ts";
import { RecordKind } from "./ledger.ts";

/** OpenTelemetry's resources and scopes, of any version of its SDK. */
export interface OtelSource {
  readonly resource: { readonly attributes: object };
  readonly instrumentationScope: {
    readonly name: string;
    readonly version?: string | undefined;
    readonly attributes?: object;
  };
}

/** Who a record is from. */
export const sourceOf = ({ resource, instrumentationScope: scope }: OtelSource): RecordSource => ({
  resource,
  scope,
  describe: () => ({
    resource: describeResource(resource.attributes),
    // Databricks' own client writes no scope; ours names it, as a second OpenTelemetry library in the same table could
    // otherwise not be told apart.
    scope: {
      name: scope.name,
      attributes: toKeyValues((scope.attributes ?? {}) as Record<string, JsonValue>),
      ...(scope.version === undefined ? {} : { version: scope.version }),
    },
  }),
});

const describeResource = (attributes: object): Resource => ({
  attributes: toKeyValues(attributes as Record<string, JsonValue>),
});

/** A span that has ended, not looked at any further: that is done later, and not in the caller's stack. */
export class SpanRecord {
  readonly kind = RecordKind.SPANS;
  readonly estimatedBytes: number;
  readonly #span: ReadableSpan;
  readonly #values: SpanValues;
  readonly #parentSpanId: string | undefined;
  readonly #structuredKeys: ReadonlySet<string> | undefined;

  constructor(
    span: ReadableSpan,
    of: { readonly parentSpanId: string | undefined; readonly structuredKeys?: ReadonlySet<string> | undefined },
  ) {
    this.#span = span;
    this.#parentSpanId = of.parentSpanId;
    this.#structuredKeys = of.structuredKeys;
    const { attributes, bytes } = takeAttributes(span.attributes);
    const events = takeAll(span.events);
    const links = takeAll(span.links);
    this.#values = { attributes, events: events.taken, links: links.taken };
    this.estimatedBytes = bytes + events.bytes + links.bytes;
  }

  get source(): RecordSource {
    return sourceOf(this.#span);
  }

  get otelTraceId(): string {
    return this.#span.spanContext().traceId;
  }

  /** `traceRequestId` is what MLflow calls the trace at the destination. */
  toMessage(traceRequestId: string): EncodableSpan {
    return toOtlpSpan(this.#span, {
      values: this.#values,
      traceRequestId,
      parentSpanId: this.#parentSpanId,
      structuredKeys: this.#structuredKeys,
      isLarge: this.estimatedBytes > largestSpanBytes,
    });
  }

  /** What is left of a span whose values cannot be written. */
  toSkeleton(traceRequestId: string, reason: unknown): EncodableSpan {
    return toSkeletonSpan(this.#span, { parentSpanId: this.#parentSpanId, traceRequestId, reason });
  }
}

const largestSpanBytes = 8 * 1024 * 1024;

/** A trace whose root has ended. It is a record of its own, so that the loss of one is never the loss of the other. */
export interface TraceInfoRecord {
  readonly kind: typeof RecordKind.TRACE_INFOS;
  readonly trace: EndedTrace;
  readonly estimatedBytes: number;
}

/** A log record or a metric, already in OTLP's form. */
export interface MessageRecord {
  readonly kind: typeof RecordKind.LOGS | typeof RecordKind.METRICS;
  readonly message: LogRecord | Metric;
  readonly source: RecordSource;
  readonly estimatedBytes: number;
}

/** One thing for a destination. */
export type PipelineRecord = SpanRecord | TraceInfoRecord | MessageRecord;

const overheadBytes = 400;

/** Attributes as they are now, and what they take in memory, roughly. */
const takeAttributes = (given: Attributes): { readonly attributes: Attributes; readonly bytes: number } => {
  let attributes = given;
  let bytes = overheadBytes;
  for (const key of Object.keys(given)) {
    const value = given[key];
    bytes += 40 + key.length;
    if (typeof value === "string") bytes += value.length;
    else if (Array.isArray(value)) {
      bytes += bytesOfArray(value);
      // OpenTelemetry keeps the caller's array, which may change before it is written.
      if (attributes === given) attributes = { ...given };
      attributes[key] = [...value] as typeof value;
    }
  }
  return { attributes, bytes };
};

const bytesOfArray = (values: readonly unknown[]): number => {
  let bytes = 0;
  for (const value of values) bytes += 16 + (typeof value === "string" ? value.length : 0);
  return bytes;
};

/** Events or links as they are now, and what they take in memory, roughly. */
const takeAll = <T extends { readonly attributes?: Attributes }>(
  given: readonly T[],
): { readonly taken: readonly T[]; readonly bytes: number } => {
  let copies: T[] | undefined;
  let bytes = 100 * given.length;
  given.forEach((one, index) => {
    if (one.attributes === undefined) return;
    const { attributes, bytes: more } = takeAttributes(one.attributes);
    bytes += more;
    if (attributes === one.attributes) return;
    copies ??= [...given];
    copies[index] = { ...one, attributes };
  });
  return { taken: copies ?? given, bytes };
};
