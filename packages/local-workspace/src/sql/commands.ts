import { describeTable } from "./describe.ts";
import { writeShowGrants } from "./grant-commands.ts";
import { quoteName, quoteString } from "../quote-sql.ts";
import { allColumns, allSchemas, allTables, visibleCatalog } from "./information-schema.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import type { TokenReader } from "./statement-tokens.ts";
import { inCurrent, tableFilter, whereTableExists } from "./table-filter.ts";
import type { TranslationContext } from "./writer.ts";

/** A command's DuckDB text, and how it changes the session. */
export interface WrittenCommand {
  readonly sql: string;
  readonly kind: "query" | "command";
  readonly session?: { readonly catalog?: string; readonly schema?: string };
}

/** `LIKE 'a*|b'`: `*` is any text, `|` separates, and case does not count. */
const likePattern = (reader: TokenReader, column: string): string => {
  const keyword = reader.take("LIKE");
  const pattern = reader.takeString();
  if (pattern === undefined) {
    if (keyword) throw syntaxError("LIKE is followed by no string", reader.next?.text ?? "the end");
    return "";
  }
  const expression = pattern
    .split("|")
    .map((part) =>
      part
        .trim()
        .replaceAll(/[.+?^${}()[\]\\]/g, "\\$&")
        .replaceAll("*", ".*"),
    )
    .join("|");
  return ` AND regexp_full_match(lower(${column}), ${quoteString(expression.toLowerCase())})`;
};

/** `IN catalog.schema`, or the current one. */
const schemaFilter = (reader: TokenReader, context: TranslationContext): string => {
  const parts = reader.takeOne("IN", "FROM") === undefined ? [] : reader.name("schema");
  if (parts.length > 2) throw syntaxError("a schema has at most two parts", parts.join("."));
  const [catalog, schema] = [parts.at(-2) ?? context.catalog, parts.at(-1) ?? context.schema];
  return `${inCurrent("catalog", catalog, "current_database()")} AND ${inCurrent("schema", schema, "current_schema()")}`;
};

const showTables = (reader: TokenReader, context: TranslationContext): string => {
  const where = schemaFilter(reader, context);
  return `SELECT schema AS database, name AS "tableName", FALSE AS "isTemporary" FROM ${allTables} WHERE ${where}${likePattern(reader, "name")} ORDER BY name`;
};

const showViews = (reader: TokenReader, context: TranslationContext): string => {
  const where = schemaFilter(reader, context);
  return `SELECT schema AS namespace, name AS "viewName", FALSE AS "isTemporary", FALSE AS "isMaterialized" FROM ${allTables} WHERE kind = 'VIEW' AND ${where}${likePattern(reader, "name")} ORDER BY name`;
};

const showSchemas = (reader: TokenReader, context: TranslationContext): string => {
  const [catalog = context.catalog, ...others] =
    reader.takeOne("IN", "FROM") === undefined ? [] : reader.name("catalog");
  if (others.length > 0) throw syntaxError("a catalog has one part", others.join("."));
  const where = inCurrent("catalog", catalog, "current_database()");
  return `SELECT schema AS "databaseName" FROM ${allSchemas} WHERE ${where}${likePattern(reader, "schema")} ORDER BY schema`;
};

const showCatalogs = (reader: TokenReader): string =>
  `SELECT database_name AS catalog FROM duckdb_databases() WHERE NOT internal AND ${visibleCatalog("database_name")}${likePattern(reader, "database_name")} ORDER BY database_name`;

const showColumns = (reader: TokenReader, context: TranslationContext): string => {
  if (reader.takeOne("IN", "FROM") === undefined) throw syntaxError("SHOW COLUMNS names no table", "SHOW COLUMNS");
  const parts = reader.name("table");
  const schema = reader.takeOne("IN", "FROM") === undefined ? [] : reader.name("schema");
  const complete = [...schema, ...parts.slice(schema.length === 0 ? 0 : -1)];
  const where = tableFilter(complete, context);
  return `SELECT column_name AS col_name FROM ${allColumns} WHERE ${where} AND ${whereTableExists(complete, context)} ORDER BY position`;
};

const showProperties = (reader: TokenReader, context: TranslationContext): string => {
  const parts = reader.name("table");
  if (context.propertiesRelation === undefined) {
    throw unsupported("SHOW TBLPROPERTIES", parts.join("."), "Ask a workspace that keeps table properties");
  }
  let key = "";
  if (reader.take("(")) {
    const name = reader.takeString() ?? reader.name("property").join(".");
    if (!reader.take(")")) throw syntaxError("a parenthesis is not closed", name);
    key = ` AND key = ${quoteString(name)}`;
  }
  const rows = `(SELECT table_catalog AS catalog, table_schema AS schema, table_name AS name, key, value FROM ${context.propertiesRelation})`;
  return `SELECT key, value FROM ${rows} WHERE ${tableFilter(parts, context)} AND ${whereTableExists(parts, context)}${key} ORDER BY key`;
};

/** SHOW in the forms that clients and people use to look around. */
export const writeShow = (reader: TokenReader, context: TranslationContext): WrittenCommand => {
  const forms: readonly (readonly [string, () => string | WrittenCommand])[] = [
    ["TABLES", () => showTables(reader, context)],
    ["VIEWS", () => showViews(reader, context)],
    ["SCHEMAS", () => showSchemas(reader, context)],
    ["DATABASES", () => showSchemas(reader, context)],
    ["CATALOGS", () => showCatalogs(reader)],
    ["COLUMNS", () => showColumns(reader, context)],
    ["TBLPROPERTIES", () => showProperties(reader, context)],
    ["GRANTS", () => writeShowGrants(reader, context)],
  ];
  const form = forms.find(([word]) => reader.take(word));
  if (form === undefined) {
    const shown = `SHOW ${reader.next?.text ?? ""}`;
    throw unsupported(shown, shown, `Use SHOW ${forms.map(([word]) => word).join(", ")}`);
  }
  const written = form[1]();
  if (typeof written !== "string") return written;
  reader.end();
  return { sql: written, kind: "query" };
};

/** `DESCRIBE [TABLE] [EXTENDED] name` and `DESCRIBE QUERY` are told apart by the caller. */
export const writeDescribe = (reader: TokenReader, context: TranslationContext): WrittenCommand => {
  const other = ["SCHEMA", "DATABASE", "CATALOG", "FUNCTION", "HISTORY", "DETAIL", "VOLUME", "QUERY"];
  const next = reader.next?.upper ?? "";
  if (other.includes(next) && reader.rest.length > 1 && reader.rest[1]?.upper !== ".") {
    throw unsupported(`DESCRIBE ${next}`, `DESCRIBE ${next}`, "Use DESCRIBE TABLE or information_schema");
  }
  reader.take("TABLE");
  const extended = reader.take("EXTENDED");
  const parts = reader.name("table");
  reader.end();
  return { sql: describeTable(parts, extended, context), kind: "query" };
};

/** `USE CATALOG c`, `USE [SCHEMA] s` and `USE c.s`. */
export const writeUse = (reader: TokenReader, context: TranslationContext): WrittenCommand => {
  if (reader.next?.upper === "CATALOG" && reader.rest.length > 1) {
    reader.take("CATALOG");
    const [catalog = "", ...others] = reader.name("catalog");
    if (others.length > 0) throw syntaxError("a catalog has one part", others.join("."));
    reader.end();
    return { sql: `USE ${quoteName(catalog)}`, kind: "command", session: { catalog } };
  }
  if (reader.rest.length > 1) reader.takeOne("SCHEMA", "DATABASE");
  const parts = reader.name("schema");
  reader.end();
  const schema = parts.at(-1) ?? "";
  const catalog = parts.at(-2) ?? context.catalog;
  if (parts.length > 2) throw syntaxError("a schema has at most two parts", parts.join("."));
  const sql = `USE ${catalog === undefined ? "" : `${quoteName(catalog)}.`}${quoteName(schema)}`;
  return { sql, kind: "command", session: catalog === undefined ? { schema } : { catalog, schema } };
};
