import { quoteString } from "../quote-sql.ts";
import { unsupported } from "./refusal.ts";
import type { TranslationContext } from "./writer.ts";

/** The databases of the engine itself, which are no catalogs of the workspace. */
export const visibleCatalog = (column: string): string => `NOT tl_is_engine_database(${column})`;

const views = `SELECT database_name AS catalog, schema_name AS schema, view_name AS name, 'VIEW' AS kind, comment FROM duckdb_views() WHERE NOT internal AND NOT temporary`;
const tables = `SELECT database_name AS catalog, schema_name AS schema, table_name AS name, 'MANAGED' AS kind, comment FROM duckdb_tables() WHERE NOT internal AND NOT temporary`;

/** Tables and views of the workspace with the columns `catalog`, `schema`, `name`, `kind` and `comment`. */
export const allTables = `(SELECT * FROM (${tables} UNION ALL ${views}) WHERE ${visibleCatalog("catalog")})`;

/** The columns of all tables and views, in order, with their type as Spark writes it. */
export const allColumns = `(SELECT database_name AS catalog, schema_name AS schema, table_name AS name, column_name, CAST(column_index - 1 AS INTEGER) AS position, column_default, is_nullable, tl_spark_type(data_type) AS type, comment FROM duckdb_columns() WHERE NOT internal AND ${visibleCatalog("database_name")})`;

/** Schemas of the workspace; DuckDB's own `main` shows only where something is in it. */
export const allSchemas = `(SELECT database_name AS catalog, schema_name AS schema, comment FROM duckdb_schemas() WHERE ${visibleCatalog("database_name")} AND schema_name NOT IN ('pg_catalog', 'information_schema') AND (schema_name <> 'main' OR database_name || '.main' IN (SELECT catalog || '.' || schema FROM ${allTables})))`;

const informationSchemaRow = (kind: string): string =>
  `SELECT DISTINCT catalog, 'information_schema' AS schema${kind} FROM ${allSchemas}`;

/** @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-information-schema */
const relations: Readonly<Record<string, string>> = {
  tables: `SELECT catalog AS table_catalog, schema AS table_schema, name AS table_name, kind AS table_type, comment FROM ${allTables}`,
  views: `SELECT catalog AS table_catalog, schema AS table_schema, name AS table_name FROM ${allTables} WHERE kind = 'VIEW'`,
  columns: `SELECT catalog AS table_catalog, schema AS table_schema, name AS table_name, column_name, position AS ordinal_position, column_default, CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable, type AS full_data_type, upper(regexp_extract(CASE type WHEN 'bigint' THEN 'long' WHEN 'smallint' THEN 'short' WHEN 'tinyint' THEN 'byte' ELSE type END, '^[a-z]+')) AS data_type, comment FROM ${allColumns}`,
  schemata: `SELECT catalog AS catalog_name, schema AS schema_name, comment FROM (SELECT * FROM ${allSchemas} UNION ALL ${informationSchemaRow(", NULL AS comment")})`,
  catalogs: `SELECT database_name AS catalog_name, comment FROM duckdb_databases() WHERE NOT internal AND ${visibleCatalog("database_name")}`,
};

const catalogColumn: Readonly<Record<string, string>> = { schemata: "catalog_name", catalogs: "catalog_name" };

/**
 * The subquery that stands for `[catalog.]information_schema.name`; undefined where the name is another. DuckDB has one
 * information schema for all catalogs. `system` shows all of them, as in Databricks.
 */
export const informationSchemaRelation = (
  parts: readonly string[],
  context: TranslationContext,
): string | undefined => {
  const schema = parts.at(-2)?.toLowerCase();
  const implied = parts.length === 1 && context.schema?.toLowerCase() === "information_schema";
  if (schema !== "information_schema" && !implied) return undefined;
  const name = parts.at(-1)?.toLowerCase() ?? "";
  const relation = relations[name];
  if (relation === undefined) {
    throw unsupported(`information_schema.${name}`, parts.join("."), `Use one of ${Object.keys(relations).join(", ")}`);
  }
  const catalog = parts.length === 3 ? parts[0] : context.catalog;
  if (catalog === undefined || catalog.toLowerCase() === "system") return `(${relation})`;
  return `(SELECT * FROM (${relation}) WHERE lower(${catalogColumn[name] ?? "table_catalog"}) = ${quoteString(catalog.toLowerCase())})`;
};
