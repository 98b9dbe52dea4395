import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  INTEGER,
  LIST,
  MAP,
  STRUCT,
  TIMESTAMP,
  VARCHAR,
  VARIANT,
  type DuckDBType,
} from "@duckdb/node-api";
import { Generation } from "./generation.ts";

/** A column of a telemetry table, in DuckDB's types. */
export type Column = readonly [name: string, type: DuckDBType];

/** The kinds of table that a location has. */
export type TableKind = "spans" | "logs" | "metrics" | "annotations";

const attributesType = (generation: Generation): DuckDBType =>
  generation === Generation.V1 ? MAP(VARCHAR, VARCHAR) : VARIANT;

// v1 has none of these: https://docs.databricks.com/aws/en/mlflow3/genai/tracing/migrate-uc-trace-table-prefix
const recordColumns = (generation: Generation): Column[] =>
  generation === Generation.V1
    ? []
    : [
        ["record_id", VARCHAR],
        ["time", TIMESTAMP],
        ["date", DATE],
        ["service_name", VARCHAR],
      ];

const originColumns = (generation: Generation, schemaUrl: string): Column[] => {
  const attributes = attributesType(generation);
  return [
    ["resource", STRUCT({ attributes, dropped_attributes_count: INTEGER })],
    ["resource_schema_url", VARCHAR],
    [
      "instrumentation_scope",
      STRUCT({ name: VARCHAR, version: VARCHAR, attributes, dropped_attributes_count: INTEGER }),
    ],
    [schemaUrl, VARCHAR],
  ];
};

const spanColumns = (generation: Generation): Column[] => {
  const attributes = attributesType(generation);
  return [
    ...recordColumns(generation),
    ["trace_id", VARCHAR],
    ["span_id", VARCHAR],
    ["trace_state", VARCHAR],
    ["parent_span_id", VARCHAR],
    ["flags", INTEGER],
    ["name", VARCHAR],
    ["kind", VARCHAR],
    ["start_time_unix_nano", BIGINT],
    ["end_time_unix_nano", BIGINT],
    ["attributes", attributes],
    ["dropped_attributes_count", INTEGER],
    ["events", LIST(STRUCT({ time_unix_nano: BIGINT, name: VARCHAR, attributes, dropped_attributes_count: INTEGER }))],
    ["dropped_events_count", INTEGER],
    [
      "links",
      LIST(
        STRUCT({
          trace_id: VARCHAR,
          span_id: VARCHAR,
          trace_state: VARCHAR,
          attributes,
          dropped_attributes_count: INTEGER,
          flags: INTEGER,
        }),
      ),
    ],
    ["dropped_links_count", INTEGER],
    ["status", STRUCT({ message: VARCHAR, code: VARCHAR })],
    ...originColumns(generation, "span_schema_url"),
  ];
};

const logColumns = (generation: Generation): Column[] => [
  ...recordColumns(generation),
  ["event_name", VARCHAR],
  ["trace_id", VARCHAR],
  ["span_id", VARCHAR],
  ["time_unix_nano", BIGINT],
  ["observed_time_unix_nano", BIGINT],
  ["severity_number", VARCHAR],
  ["severity_text", VARCHAR],
  ["body", generation === Generation.V1 ? VARCHAR : VARIANT],
  ["attributes", attributesType(generation)],
  ["dropped_attributes_count", INTEGER],
  ["flags", INTEGER],
  ...originColumns(generation, "log_schema_url"),
];

const metricColumns = (generation: Generation): Column[] => {
  const attributes = attributesType(generation);
  const exemplars = LIST(
    STRUCT({
      time_unix_nano: BIGINT,
      value: DOUBLE,
      span_id: VARCHAR,
      trace_id: VARCHAR,
      filtered_attributes: attributes,
    }),
  );
  const times = { start_time_unix_nano: BIGINT, time_unix_nano: BIGINT };
  const inPoint = generation === Generation.V1 ? times : {};
  const inRow: Column[] = generation === Generation.V1 ? [] : Object.entries(times);
  const number = { value: DOUBLE, exemplars, attributes, flags: INTEGER };
  const buckets = STRUCT({ offset: INTEGER, bucket_counts: LIST(BIGINT) });
  return [
    ...recordColumns(generation),
    ...inRow,
    ["name", VARCHAR],
    ["description", VARCHAR],
    ["unit", VARCHAR],
    ["metric_type", VARCHAR],
    ["gauge", STRUCT({ ...inPoint, ...number })],
    ["sum", STRUCT({ ...inPoint, ...number, aggregation_temporality: VARCHAR, is_monotonic: BOOLEAN })],
    [
      "histogram",
      STRUCT({
        ...inPoint,
        count: BIGINT,
        sum: DOUBLE,
        bucket_counts: LIST(BIGINT),
        explicit_bounds: LIST(DOUBLE),
        exemplars,
        attributes,
        flags: INTEGER,
        min: DOUBLE,
        max: DOUBLE,
        aggregation_temporality: VARCHAR,
      }),
    ],
    [
      "exponential_histogram",
      STRUCT({
        attributes,
        ...inPoint,
        count: BIGINT,
        sum: DOUBLE,
        scale: INTEGER,
        zero_count: BIGINT,
        positive_bucket: buckets,
        negative_bucket: buckets,
        flags: INTEGER,
        exemplars,
        min: DOUBLE,
        max: DOUBLE,
        zero_threshold: DOUBLE,
        aggregation_temporality: VARCHAR,
      }),
    ],
    [
      "summary",
      STRUCT({
        ...inPoint,
        count: BIGINT,
        sum: DOUBLE,
        quantile_values: LIST(STRUCT({ quantile: DOUBLE, value: DOUBLE })),
        attributes,
        flags: INTEGER,
      }),
    ],
    ["metadata", attributes],
    ...originColumns(generation, "metric_schema_url"),
  ];
};

const annotationColumns: Column[] = [
  ["annotation_id", VARCHAR],
  ["target_type", VARCHAR],
  ["target_id", VARCHAR],
  ["annotation_type", VARCHAR],
  ["name", VARCHAR],
  ["value", VARIANT],
  ["comment", VARCHAR],
  ["metadata", VARIANT],
  ["created_at", TIMESTAMP],
  ["created_by", VARCHAR],
  ["updated_at", TIMESTAMP],
  ["updated_by", VARCHAR],
  ["deleted_at", TIMESTAMP],
  ["deleted_by", VARCHAR],
];

const byGeneration = (generation: Generation): Record<TableKind, readonly Column[]> => ({
  spans: spanColumns(generation),
  logs: logColumns(generation),
  metrics: metricColumns(generation),
  annotations: annotationColumns,
});

const columns: Record<Generation, Record<TableKind, readonly Column[]>> = {
  v1: byGeneration(Generation.V1),
  v2: byGeneration(Generation.V2),
};

/**
 * The columns of a table, in the order that Databricks documents.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/trace-unity-catalog
 */
export const columnsOf = (generation: Generation, kind: TableKind): readonly Column[] => columns[generation][kind];
