import type { JsonValue } from "./any-value.ts";

/**
 * OTLP's messages in the shape of its JSON encoding (camelCase, ids as lower-case hex), with 64-bit integers as `bigint`.
 * A field that is absent has its default value.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto
 */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: bigint }
  | { readonly doubleValue: number }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } }
  | { readonly bytesValue: Uint8Array }
  | Record<string, never>;

/** An attribute. Without a value it is OTLP's empty value, which reads as `null`. */
export interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}

/** An attribute whose value is still JSON, for encoding: it is written as `toAnyValue` would have it. */
export interface JsonAttribute {
  readonly key: string;
  readonly json: JsonValue;
}

/** Who sends: the attributes that all telemetry of one process shares, such as `service.name`. */
export interface Resource {
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

/** The library that made the records, by its name and version. */
export interface InstrumentationScope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

/** Something that happened during a span, such as `exception`. The time is nanoseconds since 1970. */
export interface SpanEvent {
  readonly timeUnixNano?: bigint;
  readonly name?: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

/** A span that is related to another one without being its child. The ids are 32 and 16 hexadecimal characters. */
export interface SpanLink {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly traceState?: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly flags?: number;
}

/** How a span ended: `code` is one of `StatusCode`, where absent unset. Only an error has a message. */
export interface SpanStatus {
  readonly message?: string;
  readonly code?: number;
}

/**
 * A span. Its ids are 32 and 16 hexadecimal characters, a root has no `parentSpanId`, and times are nanoseconds since 1970.
 * `kind` is one of `SpanKind`; the lowest 8 bits of `flags` are those of W3C's `traceparent`.
 */
export interface Span {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly traceState?: string;
  readonly parentSpanId?: string;
  readonly flags?: number;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: bigint;
  readonly endTimeUnixNano?: bigint;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount?: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount?: number;
  readonly status?: SpanStatus;
}

type OrUndefined<T> = { readonly [K in keyof T]: T[K] | undefined };
type WithJson<T> = Omit<T, "attributes"> & { readonly attributes: readonly (KeyValue | JsonAttribute)[] };

/** A {@link Span} to be encoded, whose attributes may still be JSON. What is `undefined` is left out. */
export type EncodableSpan = OrUndefined<Omit<WithJson<Span>, "events" | "links">> & {
  readonly events: readonly WithJson<SpanEvent>[];
  readonly links: readonly WithJson<SpanLink>[];
};

/** Spans that one library made. */
export interface ScopeSpans {
  readonly scope?: InstrumentationScope;
  readonly spans: readonly Span[];
  readonly schemaUrl?: string;
}

/** Spans that one process sent, by the libraries that made them. */
export interface ResourceSpans {
  readonly resource?: Resource;
  readonly scopeSpans: readonly ScopeSpans[];
  readonly schemaUrl?: string;
}

/**
 * What is sent to `/v1/traces`.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
 */
export interface TraceRequest {
  readonly resourceSpans: readonly ResourceSpans[];
}

/**
 * A log record, or an event where it has an `eventName`. Times are nanoseconds since 1970: when it happened, and when it
 * was seen. `severityNumber` is 1 (the finest trace) to 24 (the gravest failure), where absent unspecified.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/data-model/
 */
export interface LogRecord {
  readonly timeUnixNano?: bigint;
  readonly observedTimeUnixNano?: bigint;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly flags?: number;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly eventName?: string;
}

/** What is sent to `/v1/logs`: log records by process and library. */
export interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly resource?: Resource;
    readonly scopeLogs: readonly {
      readonly scope?: InstrumentationScope;
      readonly logRecords: readonly LogRecord[];
      readonly schemaUrl?: string;
    }[];
    readonly schemaUrl?: string;
  }[];
}

/** A single measurement that stands for those of a data point, with the span it was made in. One of the two values is there. */
export interface Exemplar {
  readonly filteredAttributes: readonly KeyValue[];
  readonly timeUnixNano?: bigint;
  readonly asDouble?: number;
  readonly asInt?: bigint;
  readonly spanId?: string;
  readonly traceId?: string;
}

/**
 * The value of a sum or a gauge at `timeUnixNano`; a sum's begins at `startTimeUnixNano`. One of the two values is there, or
 * none, which `flags` of 1 says.
 */
export interface NumberDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
  readonly asDouble?: number;
  readonly asInt?: bigint;
  readonly exemplars: readonly Exemplar[];
  readonly flags?: number;
}

/**
 * Counts by fixed buckets, of which there is one more than `explicitBounds`: bucket `i` holds what is above bound `i - 1` and
 * not above bound `i`.
 */
export interface HistogramDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
  readonly count?: bigint;
  readonly sum?: number;
  readonly bucketCounts: readonly bigint[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly Exemplar[];
  readonly flags?: number;
  readonly min?: number;
  readonly max?: number;
}

/** The counts of consecutive buckets, the first of which has the index `offset`. */
export interface ExponentialHistogramBuckets {
  readonly offset?: number;
  readonly bucketCounts: readonly bigint[];
}

/**
 * Counts by buckets that grow: with `base = 2 ** (2 ** -scale)`, the bucket of index `i` holds what is above `base ** i` and
 * not above `base ** (i + 1)`. What is no further from 0 than `zeroThreshold` counts in `zeroCount`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export interface ExponentialHistogramDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
  readonly count?: bigint;
  readonly sum?: number;
  readonly scale?: number;
  readonly zeroCount?: bigint;
  readonly positive?: ExponentialHistogramBuckets;
  readonly negative?: ExponentialHistogramBuckets;
  readonly flags?: number;
  readonly exemplars: readonly Exemplar[];
  readonly min?: number;
  readonly max?: number;
  readonly zeroThreshold?: number;
}

/** A count, a sum and values at quantiles from 0 to 1, as old Prometheus clients make them. OpenTelemetry's SDKs make none. */
export interface SummaryDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
  readonly count?: bigint;
  readonly sum?: number;
  readonly quantileValues: readonly { readonly quantile?: number; readonly value?: number }[];
  readonly flags?: number;
}

/**
 * A metric with the data points of one of its five kinds. `unit` is written as UCUM has it, such as `ms` or `By`;
 * `aggregationTemporality` is 1 for delta and 2 for cumulative.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/
 */
export interface Metric {
  readonly name?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly gauge?: { readonly dataPoints: readonly NumberDataPoint[] };
  readonly sum?: {
    readonly dataPoints: readonly NumberDataPoint[];
    readonly aggregationTemporality?: number;
    readonly isMonotonic?: boolean;
  };
  readonly histogram?: { readonly dataPoints: readonly HistogramDataPoint[]; readonly aggregationTemporality?: number };
  readonly exponentialHistogram?: {
    readonly dataPoints: readonly ExponentialHistogramDataPoint[];
    readonly aggregationTemporality?: number;
  };
  readonly summary?: { readonly dataPoints: readonly SummaryDataPoint[] };
  readonly metadata: readonly KeyValue[];
}

/** What is sent to `/v1/metrics`: metrics by process and library. */
export interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource?: Resource;
    readonly scopeMetrics: readonly {
      readonly scope?: InstrumentationScope;
      readonly metrics: readonly Metric[];
      readonly schemaUrl?: string;
    }[];
    readonly schemaUrl?: string;
  }[];
}

/** The answer to any of the three requests; `rejected` is `rejected_spans`, `rejected_log_records` or `rejected_data_points`. */
export interface ExportResponse {
  readonly partialSuccess?: { readonly rejected?: bigint; readonly errorMessage?: string };
}
