import { structValue, type DuckDBValue } from "@duckdb/node-api";
import type {
  Exemplar,
  ExponentialHistogramBuckets,
  ExponentialHistogramDataPoint,
  HistogramDataPoint,
  Metric,
  MetricsRequest,
  NumberDataPoint,
  SummaryDataPoint,
} from "@tracelake/wire";
import type { Generation } from "../schema/generation.ts";
import {
  encodingOf,
  identifier,
  int32,
  int64,
  list,
  originCells,
  recordCells,
  text,
  type Row,
  type ValueEncoding,
} from "./cells.ts";
import { timeOrderedId } from "./record-id.ts";

type Point = NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint | SummaryDataPoint;

const temporalities = [
  "AGGREGATION_TEMPORALITY_UNSPECIFIED",
  "AGGREGATION_TEMPORALITY_DELTA",
  "AGGREGATION_TEMPORALITY_CUMULATIVE",
];
const temporalityName = (temporality: number | undefined): string =>
  temporalities[temporality ?? 0] ?? "AGGREGATION_TEMPORALITY_UNSPECIFIED";

const numberOf = (point: { readonly asDouble?: number; readonly asInt?: bigint }): number | null =>
  point.asDouble ?? (point.asInt === undefined ? null : Number(point.asInt));

const counts = (values: readonly bigint[]): DuckDBValue => list(values.map((value) => int64(value)));

const exemplars = (encoding: ValueEncoding, items: readonly Exemplar[]): DuckDBValue =>
  list(
    items.map((item) =>
      structValue({
        time_unix_nano: int64(item.timeUnixNano),
        value: numberOf(item),
        span_id: identifier(item.spanId),
        trace_id: identifier(item.traceId),
        filtered_attributes: encoding.attributes(item.filteredAttributes),
      }),
    ),
  );

// v1's structs have the times, v2's rows: a struct only takes the entries that its type names.
const times = (point: Point): Row => ({
  start_time_unix_nano: int64(point.startTimeUnixNano),
  time_unix_nano: int64(point.timeUnixNano),
});

const shared = (encoding: ValueEncoding, point: Point): Row => ({
  ...times(point),
  attributes: encoding.attributes(point.attributes),
  flags: int32(point.flags),
});

const numberCells = (encoding: ValueEncoding, point: NumberDataPoint): Row => ({
  ...shared(encoding, point),
  value: numberOf(point),
  exemplars: exemplars(encoding, point.exemplars),
});

const histogramCells = (encoding: ValueEncoding, point: HistogramDataPoint): Row => ({
  ...shared(encoding, point),
  count: int64(point.count) ?? 0n,
  sum: point.sum ?? null,
  bucket_counts: counts(point.bucketCounts),
  explicit_bounds: list(point.explicitBounds),
  exemplars: exemplars(encoding, point.exemplars),
  min: point.min ?? null,
  max: point.max ?? null,
});

const bucketsCell = (buckets: ExponentialHistogramBuckets | undefined): DuckDBValue =>
  buckets === undefined
    ? null
    : structValue({ offset: buckets.offset ?? 0, bucket_counts: counts(buckets.bucketCounts) });

const exponentialCells = (encoding: ValueEncoding, point: ExponentialHistogramDataPoint): Row => ({
  ...shared(encoding, point),
  count: int64(point.count) ?? 0n,
  sum: point.sum ?? null,
  scale: point.scale ?? 0,
  zero_count: int64(point.zeroCount) ?? 0n,
  positive_bucket: bucketsCell(point.positive),
  negative_bucket: bucketsCell(point.negative),
  exemplars: exemplars(encoding, point.exemplars),
  min: point.min ?? null,
  max: point.max ?? null,
  zero_threshold: point.zeroThreshold ?? 0,
});

const summaryCells = (encoding: ValueEncoding, point: SummaryDataPoint): Row => ({
  ...shared(encoding, point),
  count: int64(point.count) ?? 0n,
  sum: point.sum ?? null,
  quantile_values: list(
    point.quantileValues.map(({ quantile, value }) => structValue({ quantile: quantile ?? 0, value: value ?? 0 })),
  ),
});

interface PointRow {
  readonly type: "gauge" | "sum" | "histogram" | "exponential_histogram" | "summary";
  readonly point: Point;
  readonly cells: Row;
}

const pointsOf = (metric: Metric, encoding: ValueEncoding): PointRow[] => {
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const temporality = {
    aggregation_temporality: temporalityName((sum ?? histogram ?? exponentialHistogram)?.aggregationTemporality),
  };
  const monotonic = { is_monotonic: sum?.isMonotonic ?? false };
  return [
    ...(gauge?.dataPoints ?? []).map((point): PointRow => ({
      type: "gauge",
      point,
      cells: numberCells(encoding, point),
    })),
    ...(sum?.dataPoints ?? []).map((point): PointRow => ({
      type: "sum",
      point,
      cells: { ...numberCells(encoding, point), ...temporality, ...monotonic },
    })),
    ...(histogram?.dataPoints ?? []).map((point): PointRow => ({
      type: "histogram",
      point,
      cells: { ...histogramCells(encoding, point), ...temporality },
    })),
    ...(exponentialHistogram?.dataPoints ?? []).map((point): PointRow => ({
      type: "exponential_histogram",
      point,
      cells: { ...exponentialCells(encoding, point), ...temporality },
    })),
    ...(summary?.dataPoints ?? []).map((point): PointRow => ({
      type: "summary",
      point,
      cells: summaryCells(encoding, point),
    })),
  ];
};

const noPoints: Row = { gauge: null, sum: null, histogram: null, exponential_histogram: null, summary: null };

/** The rows of a metrics request: one for each data point. */
export const metricRows = (request: MetricsRequest, generation: Generation): Row[] => {
  const encoding = encodingOf(generation);
  return request.resourceMetrics.flatMap(({ resource, scopeMetrics, schemaUrl: resourceSchemaUrl }) =>
    scopeMetrics.flatMap(({ scope, metrics, schemaUrl }) => {
      const origin = originCells(encoding, { resource, resourceSchemaUrl, scope });
      return metrics.flatMap((metric) => {
        const described: Row = {
          name: text(metric.name),
          description: text(metric.description),
          unit: text(metric.unit),
          metadata: encoding.attributes(metric.metadata),
          metric_schema_url: text(schemaUrl),
        };
        return pointsOf(metric, encoding).map(({ type, point, cells }): Row => ({
          ...recordCells(timeOrderedId(), int64(point.timeUnixNano), resource),
          ...times(point),
          ...described,
          ...noPoints,
          metric_type: type,
          [type]: structValue(cells),
          ...origin,
        }));
      });
    }),
  );
};
