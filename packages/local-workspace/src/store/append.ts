import { DuckDBDataChunk, VARCHAR, type DuckDBConnection, type DuckDBType } from "@duckdb/node-api";
import { columnsOf, type TableKind } from "./schema/columns.ts";
import type { Column } from "./schema/shared-columns.ts";
import { withoutVariant } from "./schema/staging-type.ts";
import { jsonTypeSql, typeSql } from "./schema/ddl.ts";
import type { Generation } from "./schema/generation.ts";
import { quoteName } from "../quote-sql.ts";
import { attachedName, quoteQualified, splitQualified } from "./schema/names.ts";
import type { Row } from "./rows/cells.ts";
import type { SpanRow } from "./rows/spans.ts";

const rowsPerChunk = 2048;

interface Target {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
}

const appendColumns = async (
  connection: DuckDBConnection,
  target: Target,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<void> => {
  const types = columns.map(([, type]) => type);
  const appender = await connection.createAppender(target.table, target.schema, target.database);
  try {
    for (let start = 0; start < rows.length; start += rowsPerChunk) {
      const part = rows.slice(start, start + rowsPerChunk);
      const chunk = DuckDBDataChunk.create(types, part.length);
      chunk.setColumns(columns.map(([name]) => part.map((row) => row[name] ?? null)));
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
};

const isVariant = (type: DuckDBType): boolean => typeSql(type).includes("VARIANT");

const temporary = (table: string): Target => ({ database: "temp", schema: "main", table });

const ensureTemporary = async (
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column[],
): Promise<void> => {
  const definitions = columns.map(([name, type]) => `${quoteName(name)} ${typeSql(withoutVariant(type))}`);
  await connection.run(`CREATE TEMP TABLE IF NOT EXISTS ${table} (${definitions.join(", ")})`);
  await connection.run(`DELETE FROM temp.main.${table}`);
};

// DuckDB takes no VARIANT from outside, but makes one from JSON: https://duckdb.org/docs/stable/sql/data_types/variant
const staged = ([name, type]: Column): string => {
  const column = quoteName(name);
  return isVariant(type) ? `${column}::${jsonTypeSql(type)}::${typeSql(type)}` : column;
};

const stagingColumn = ([name, type]: Column): Column => [name, withoutVariant(type)];

/** Adds rows to a table of a location, within the connection's transaction. */
export const appendRows = async (
  connection: DuckDBConnection,
  target: { readonly table: string; readonly kind: TableKind; readonly generation: Generation },
  rows: readonly Row[],
): Promise<void> => {
  if (rows.length === 0) return;
  const columns = columnsOf(target.generation, target.kind);
  const { catalog, schema, table } = splitQualified(target.table);
  if (!columns.some(([, type]) => isVariant(type))) {
    await appendColumns(connection, { database: attachedName(catalog), schema, table }, columns, rows);
    return;
  }
  const staging = `staged_${target.kind}`;
  await ensureTemporary(connection, staging, columns);
  await appendColumns(connection, temporary(staging), columns.map(stagingColumn), rows);
  await connection.run(
    `INSERT INTO ${quoteQualified(target.table)} SELECT ${columns.map(staged).join(", ")} FROM temp.main.${staging}`,
  );
  await connection.run(`DELETE FROM temp.main.${staging}`);
};

const keyTable = "span_keys";
const keyColumns: readonly Column[] = [
  ["trace_id", VARCHAR],
  ["span_id", VARCHAR],
];

const keyOf = (traceId: string, spanId: string): string => `${traceId}:${spanId}`;

/** The spans whose identity neither the table nor an earlier span of the batch has. */
export const newSpans = async (
  connection: DuckDBConnection,
  table: string,
  spans: readonly SpanRow[],
): Promise<SpanRow[]> => {
  const byKey = new Map<string, SpanRow>();
  for (const span of spans) {
    const key = keyOf(span.traceId, span.spanId);
    if (!byKey.has(key)) byKey.set(key, span);
  }
  if (byKey.size === 0) return [];
  await ensureTemporary(connection, keyTable, keyColumns);
  const keys = [...byKey.values()].map(({ traceId, spanId }): Row => ({ trace_id: traceId, span_id: spanId }));
  await appendColumns(connection, temporary(keyTable), keyColumns, keys);
  const known = await connection.runAndReadAll(
    `SELECT trace_id, span_id FROM temp.main.${keyTable} SEMI JOIN ${quoteQualified(table)} USING (trace_id, span_id)`,
  );
  for (const [traceId, spanId] of known.getRows()) byKey.delete(keyOf(String(traceId), String(spanId)));
  await connection.run(`DELETE FROM temp.main.${keyTable}`);
  return [...byKey.values()];
};
