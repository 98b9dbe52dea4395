import { BIGINT, INTEGER, LIST, STRUCT, TIMESTAMP, VARCHAR, VARIANT } from "@duckdb/node-api";
import { Generation } from "./generation.ts";
import { metricColumns } from "./metric-columns.ts";
import { attributesType, originColumns, recordColumns, type Column } from "./shared-columns.ts";

/** The kinds of table that a location has. */
export type TableKind = "spans" | "logs" | "metrics" | "annotations";

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
