import { DATE, INTEGER, MAP, STRUCT, TIMESTAMP, VARCHAR, VARIANT, type DuckDBType } from "@duckdb/node-api";
import { Generation } from "./generation.ts";

/** A column of a telemetry table, in DuckDB's types. */
export type Column = readonly [name: string, type: DuckDBType];

/** The type of attributes in a generation. */
export const attributesType = (generation: Generation): DuckDBType =>
  generation === Generation.V1 ? MAP(VARCHAR, VARCHAR) : VARIANT;

/**
 * What v2 derives for every row, and v1 has not.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/migrate-uc-trace-table-prefix
 */
export const recordColumns = (generation: Generation): Column[] =>
  generation === Generation.V1
    ? []
    : [
        ["record_id", VARCHAR],
        ["time", TIMESTAMP],
        ["date", DATE],
        ["service_name", VARCHAR],
      ];

/** The columns that say where a record came from. */
export const originColumns = (generation: Generation, schemaUrl: string): Column[] => {
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
