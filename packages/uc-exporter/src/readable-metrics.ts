import type { Attributes, HrTime, ValueType } from "@opentelemetry/api";
import type { ReadableSpan } from "./readable-span.ts";

/** One value of a metric and its attributes. */
export interface DataPoint<T> {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly value: T;
}

/** What a histogram's buckets held. */
export interface Histogram {
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
  readonly count: number;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

/** What the buckets of a histogram held whose boundaries are powers. */
export interface ExponentialHistogram extends Omit<Histogram, "buckets"> {
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly scale: number;
  readonly zeroCount: number;
}

/** What the points of a metric are; the numbers are OpenTelemetry's. */
export const DataPointType = { HISTOGRAM: 0, EXPONENTIAL_HISTOGRAM: 1, GAUGE: 2, SUM: 3 } as const;

interface Metric<Type, Value> {
  readonly descriptor: {
    readonly name: string;
    readonly description: string;
    readonly unit: string;
    readonly valueType: ValueType;
  };
  readonly aggregationTemporality: number;
  readonly dataPointType: Type;
  readonly dataPoints: readonly DataPoint<Value>[];
}

/** One metric with its points. */
export type MetricData =
  | (Metric<typeof DataPointType.SUM, number> & { readonly isMonotonic: boolean })
  | Metric<typeof DataPointType.GAUGE, number>
  | Metric<typeof DataPointType.HISTOGRAM, Histogram>
  | Metric<typeof DataPointType.EXPONENTIAL_HISTOGRAM, ExponentialHistogram>;

/**
 * The metrics of a resource as they are read here: those of OpenTelemetry's SDK (`@opentelemetry/sdk-metrics` ≥ 2.0) are
 * such. They are described here, as an application without that package would otherwise not compile.
 */
export interface ResourceMetrics {
  readonly resource: ReadableSpan["resource"];
  readonly scopeMetrics: readonly {
    readonly scope: ReadableSpan["instrumentationScope"];
    readonly metrics: readonly MetricData[];
  }[];
}
