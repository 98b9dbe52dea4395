import { BIGINT, BOOLEAN, DOUBLE, INTEGER, LIST, STRUCT, VARCHAR, type DuckDBType } from "@duckdb/node-api";
import { Generation } from "./generation.ts";
import { attributesType, originColumns, recordColumns, type Column } from "./shared-columns.ts";

type Entries = Readonly<Record<string, DuckDBType>>;

const times = { start_time_unix_nano: BIGINT, time_unix_nano: BIGINT };

const exemplarsType = (attributes: DuckDBType): DuckDBType =>
  LIST(
    STRUCT({
      time_unix_nano: BIGINT,
      value: DOUBLE,
      span_id: VARCHAR,
      trace_id: VARCHAR,
      filtered_attributes: attributes,
    }),
  );

const histogramType = (inPoint: Entries, attributes: DuckDBType): DuckDBType =>
  STRUCT({
    ...inPoint,
    count: BIGINT,
    sum: DOUBLE,
    bucket_counts: LIST(BIGINT),
    explicit_bounds: LIST(DOUBLE),
    exemplars: exemplarsType(attributes),
    attributes,
    flags: INTEGER,
    min: DOUBLE,
    max: DOUBLE,
    aggregation_temporality: VARCHAR,
  });

const exponentialHistogramType = (inPoint: Entries, attributes: DuckDBType): DuckDBType => {
  const buckets = STRUCT({ offset: INTEGER, bucket_counts: LIST(BIGINT) });
  return STRUCT({
    attributes,
    ...inPoint,
    count: BIGINT,
    sum: DOUBLE,
    scale: INTEGER,
    zero_count: BIGINT,
    positive_bucket: buckets,
    negative_bucket: buckets,
    flags: INTEGER,
    exemplars: exemplarsType(attributes),
    min: DOUBLE,
    max: DOUBLE,
    zero_threshold: DOUBLE,
    aggregation_temporality: VARCHAR,
  });
};

const summaryType = (inPoint: Entries, attributes: DuckDBType): DuckDBType =>
  STRUCT({
    ...inPoint,
    count: BIGINT,
    sum: DOUBLE,
    quantile_values: LIST(STRUCT({ quantile: DOUBLE, value: DOUBLE })),
    attributes,
    flags: INTEGER,
  });

/** The columns of a metrics table: v1 keeps the times in each kind's struct, v2 in the row. */
export const metricColumns = (generation: Generation): Column[] => {
  const attributes = attributesType(generation);
  const isV1 = generation === Generation.V1;
  const inPoint = isV1 ? times : {};
  const inRow: Column[] = isV1 ? [] : Object.entries(times);
  const number = { value: DOUBLE, exemplars: exemplarsType(attributes), attributes, flags: INTEGER };
  return [
    ...recordColumns(generation),
    ...inRow,
    ["name", VARCHAR],
    ["description", VARCHAR],
    ["unit", VARCHAR],
    ["metric_type", VARCHAR],
    ["gauge", STRUCT({ ...inPoint, ...number })],
    ["sum", STRUCT({ ...inPoint, ...number, aggregation_temporality: VARCHAR, is_monotonic: BOOLEAN })],
    ["histogram", histogramType(inPoint, attributes)],
    ["exponential_histogram", exponentialHistogramType(inPoint, attributes)],
    ["summary", summaryType(inPoint, attributes)],
    ["metadata", attributes],
    ...originColumns(generation, "metric_schema_url"),
  ];
};
