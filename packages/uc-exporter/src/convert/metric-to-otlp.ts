import { ValueType } from "@opentelemetry/api";
import type { ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint } from "@tracelake/wire";
import {
  DataPointType,
  type DataPoint,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
} from "../readable-metrics.ts";
import { toOtlpAttributes } from "./value-to-otlp.ts";
import { toUnixNano } from "./span-to-otlp.ts";

// OTLP counts from one where the SDK counts from zero: https://github.com/open-telemetry/opentelemetry-proto
const temporalityOf = ({ aggregationTemporality }: MetricData): number => aggregationTemporality + 1;

const base = ({ attributes, startTime, endTime }: DataPoint<unknown>) => ({
  attributes: toOtlpAttributes(attributes),
  startTimeUnixNano: toUnixNano(startTime),
  timeUnixNano: toUnixNano(endTime),
  exemplars: [],
});

const toCounts = (counts: readonly number[]): bigint[] => counts.map(BigInt);

const isInteger = ({ descriptor }: MetricData, value: number): boolean =>
  descriptor.valueType === ValueType.INT && Number.isSafeInteger(value);

const toNumberPoint = (metric: MetricData, point: DataPoint<number>): NumberDataPoint => ({
  ...base(point),
  ...(isInteger(metric, point.value) ? { asInt: BigInt(point.value) } : { asDouble: point.value }),
});

// An instrument that also takes negative values has no sum, and a histogram may be told to keep no extremes.
const summary = ({ count, sum, min, max }: Histogram | ExponentialHistogram) => ({
  count: BigInt(count),
  ...(sum === undefined ? {} : { sum }),
  ...(min === undefined || !Number.isFinite(min) ? {} : { min }),
  ...(max === undefined || !Number.isFinite(max) ? {} : { max }),
});

const toHistogramPoint = (point: DataPoint<Histogram>): HistogramDataPoint => ({
  ...base(point),
  ...summary(point.value),
  bucketCounts: toCounts(point.value.buckets.counts),
  explicitBounds: [...point.value.buckets.boundaries],
});

const toExponentialPoint = (point: DataPoint<ExponentialHistogram>): ExponentialHistogramDataPoint => {
  const { scale, zeroCount, positive, negative } = point.value;
  return {
    ...base(point),
    ...summary(point.value),
    scale,
    zeroCount: BigInt(zeroCount),
    positive: { offset: positive.offset, bucketCounts: toCounts(positive.bucketCounts) },
    negative: { offset: negative.offset, bucketCounts: toCounts(negative.bucketCounts) },
  };
};

const pointsPerMetric = 1_000;

/**
 * A metric in OTLP's form; several of the same name where it has very many points, so that a request can be cut between
 * them. The SDK hands no exemplars to exporters, so there are none.
 */
export const toOtlpMetrics = (data: MetricData): Metric[] => {
  const metrics: Metric[] = [];
  for (let from = 0; from < data.dataPoints.length; from += pointsPerMetric) {
    const { name, description, unit } = data.descriptor;
    metrics.push({ name, description, unit, metadata: [], ...pointsOf(data, from, from + pointsPerMetric) });
  }
  return metrics;
};

const pointsOf = (data: MetricData, from: number, to: number): Partial<Metric> => {
  const aggregationTemporality = temporalityOf(data);
  switch (data.dataPointType) {
    case DataPointType.GAUGE:
      return { gauge: { dataPoints: data.dataPoints.slice(from, to).map((point) => toNumberPoint(data, point)) } };
    case DataPointType.SUM: {
      const dataPoints = data.dataPoints.slice(from, to).map((point) => toNumberPoint(data, point));
      return { sum: { dataPoints, aggregationTemporality, isMonotonic: data.isMonotonic } };
    }
    case DataPointType.HISTOGRAM:
      return {
        histogram: { dataPoints: data.dataPoints.slice(from, to).map(toHistogramPoint), aggregationTemporality },
      };
    case DataPointType.EXPONENTIAL_HISTOGRAM: {
      const dataPoints = data.dataPoints.slice(from, to).map(toExponentialPoint);
      return { exponentialHistogram: { dataPoints, aggregationTemporality } };
    }
    default:
      return {};
  }
};
