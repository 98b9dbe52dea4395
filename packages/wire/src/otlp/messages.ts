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

export interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}

/** An attribute whose value is still JSON, for encoding: it is written as `toAnyValue` would have it. */
export interface JsonAttribute {
  readonly key: string;
  readonly json: JsonValue;
}

export interface Resource {
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

export interface InstrumentationScope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

export interface SpanEvent {
  readonly timeUnixNano?: bigint;
  readonly name?: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
}

export interface SpanLink {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly traceState?: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount?: number;
  readonly flags?: number;
}

export interface SpanStatus {
  readonly message?: string;
  readonly code?: number;
}

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

export interface ScopeSpans {
  readonly scope?: InstrumentationScope;
  readonly spans: readonly Span[];
  readonly schemaUrl?: string;
}

export interface ResourceSpans {
  readonly resource?: Resource;
  readonly scopeSpans: readonly ScopeSpans[];
  readonly schemaUrl?: string;
}

export interface TraceRequest {
  readonly resourceSpans: readonly ResourceSpans[];
}

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

export interface Exemplar {
  readonly filteredAttributes: readonly KeyValue[];
  readonly timeUnixNano?: bigint;
  readonly asDouble?: number;
  readonly asInt?: bigint;
  readonly spanId?: string;
  readonly traceId?: string;
}

export interface NumberDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
  readonly asDouble?: number;
  readonly asInt?: bigint;
  readonly exemplars: readonly Exemplar[];
  readonly flags?: number;
}

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

export interface ExponentialHistogramBuckets {
  readonly offset?: number;
  readonly bucketCounts: readonly bigint[];
}

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

export interface SummaryDataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano?: bigint;
  readonly timeUnixNano?: bigint;
  readonly count?: bigint;
  readonly sum?: number;
  readonly quantileValues: readonly { readonly quantile?: number; readonly value?: number }[];
  readonly flags?: number;
}

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
