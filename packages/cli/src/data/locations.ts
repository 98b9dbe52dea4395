import {
  ErrorCode,
  formatLocation,
  isSameLocation,
  locationOfTable,
  quoteForMessage,
  tablesOf,
  TracelakeError,
  type UnityCatalogLocation,
  quoteQualifiedName,
} from "@tracelake/wire";
import { rowsByName } from "@tracelake/workspace-client";
import { textCell } from "./cells.ts";
import type { SqlSource } from "./sql-source.ts";
import type { TableRow } from "./trace.ts";

/** A location with spans, and how its tables hold attributes. */
export interface TraceTables {
  readonly location: UnityCatalogLocation;
  /** The spans table and the view of whole traces, quoted for Databricks SQL. */
  readonly spans: string;
  readonly unifiedView: string;
  /** An attribute of a span as text. */
  readonly attribute: (key: string) => string;
}

// Tables of the first generation hold attributes as MAP, of the second as VARIANT; a table's name does not tell.
const spansTablesSql = `SELECT table_catalog, table_schema, table_name, data_type
FROM system.information_schema.columns
WHERE column_name = 'attributes' AND ENDSWITH(table_name, '_otel_spans')
ORDER BY table_catalog, table_schema, table_name`;

const quoteText = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/**
 * Every location of the workspace that holds traces, or the one asked for.
 *
 * @throws {TracelakeError} `TRACE_NOT_FOUND` where the one asked for has no tables.
 */
export const findTraceTables = async (source: SqlSource, only?: UnityCatalogLocation): Promise<TraceTables[]> => {
  const rows = rowsByName(await source.query(spansTablesSql));
  const all = rows.flatMap((row) => traceTablesOf(row) ?? []);
  if (only === undefined) return all;
  const asked = all.filter(({ location }) => isSameLocation(location, only));
  if (asked.length === 0) throw noSuchLocation(only, all);
  return asked;
};

const traceTablesOf = (row: TableRow): TraceTables | undefined => {
  const names = [row["table_catalog"], row["table_schema"], row["table_name"]].map(textCell);
  const found = locationOfTable(names.join("."));
  if (found === undefined) return undefined;
  const tables = tablesOf(found.location);
  const isMap = /^map/i.test(textCell(row["data_type"]) ?? "");
  return {
    location: found.location,
    spans: quoteQualifiedName(tables.spans),
    unifiedView: quoteQualifiedName(tables.unifiedView),
    attribute: (key) => (isMap ? `attributes[${quoteText(key)}]` : `attributes:[${quoteText(key)}]::STRING`),
  };
};

const noSuchLocation = (asked: UnityCatalogLocation, all: readonly TraceTables[]): TracelakeError =>
  new TracelakeError(ErrorCode.TRACE_NOT_FOUND, {
    failed: "The workspace has no traces at this location",
    seen: quoteForMessage(formatLocation(asked)),
    remedy:
      all.length === 0
        ? "It has none at any other either."
        : `It has some at ${all.map(({ location }) => formatLocation(location)).join(", ")}.`,
  });
