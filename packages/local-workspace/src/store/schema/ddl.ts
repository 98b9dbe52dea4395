import { tablesOf, type LocationTables, type UnityCatalogLocation } from "@tracelake/wire";
import type { DuckDBType } from "@duckdb/node-api";
import { columnsOf, type TableKind } from "./columns.ts";
import type { Column } from "./shared-columns.ts";
import { generationOf, type Generation } from "./generation.ts";
import { quoteName, quoteString } from "../../quote-sql.ts";
import { attachedName, internalSchema, quoteQualified, splitQualified } from "./names.ts";
import { metadataViewSql, unifiedViewSql } from "./views.ts";

/** A type as SQL text. */
export const typeSql = (type: DuckDBType): string => type.toString();

/** The same type with JSON text where the table holds VARIANT: DuckDB cannot be handed VARIANT values from outside. */
export const jsonTypeSql = (type: DuckDBType): string => typeSql(type).replaceAll("VARIANT", "JSON");

const columnSql = ([name, type]: Column): string => `${quoteName(name)} ${typeSql(type)}`;

/** The internal tables of a catalog's file. */
export const internalDdl = (catalog: string): string[] => {
  const schema = `${quoteName(attachedName(catalog))}.${internalSchema}`;
  return [
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `CREATE TABLE IF NOT EXISTS ${schema}.journal_offsets (segment VARCHAR PRIMARY KEY, end_offset BIGINT NOT NULL)`,
    `CREATE TABLE IF NOT EXISTS ${schema}.table_properties (table_schema VARCHAR, table_name VARCHAR, key VARCHAR, value VARCHAR, PRIMARY KEY (table_schema, table_name, key))`,
    `CREATE TABLE IF NOT EXISTS ${schema}.text_attributes (table_schema VARCHAR, trace_id VARCHAR, span_id VARCHAR, places VARCHAR[])`,
  ];
};

const tableKinds = ["spans", "logs", "metrics", "annotations"] as const satisfies readonly TableKind[];

const tableDdl = (qualifiedName: string, kind: TableKind, generation: Generation): string[] => {
  const { catalog, schema, table } = splitQualified(qualifiedName);
  const properties = `${quoteName(attachedName(catalog))}.${internalSchema}.table_properties`;
  const row = [schema.toLowerCase(), table.toLowerCase(), "otel.schemaVersion", generation];
  const columns = columnsOf(generation, kind).map(columnSql).join(", ");
  return [
    `CREATE TABLE IF NOT EXISTS ${quoteQualified(qualifiedName)} (${columns})`,
    `INSERT OR IGNORE INTO ${properties} VALUES (${row.map(quoteString).join(", ")})`,
  ];
};

const viewDdl = (tables: LocationTables, generation: Generation): string[] => [
  `CREATE OR REPLACE VIEW ${quoteQualified(tables.unifiedView)} AS ${unifiedViewSql(tables, generation)}`,
  `CREATE OR REPLACE VIEW ${quoteQualified(tables.metadataView)} AS ${metadataViewSql(tables, generation)}`,
];

/** Everything that makes a location usable: its schema, tables and views. Each statement can be repeated. */
export const locationDdl = (location: UnityCatalogLocation): string[] => {
  const tables = tablesOf(location);
  const generation = generationOf(location);
  return [
    `CREATE SCHEMA IF NOT EXISTS ${quoteName(attachedName(location.catalog))}.${quoteName(location.schema)}`,
    ...tableKinds.flatMap((kind) => {
      const name = tables[kind];
      return name === undefined ? [] : tableDdl(name, kind, generation);
    }),
    ...viewDdl(tables, generation),
  ];
};
