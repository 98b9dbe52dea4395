import { TraceMetadataKey, TraceState } from "@tracelake/wire";
import { parseTokenUsage, rowsByName } from "@tracelake/workspace-client";
import { requestPreview } from "../output/request-preview.ts";
import { integerCell, mapCell, textCell } from "./cells.ts";
import type { TraceTables } from "./locations.ts";
import type { SqlSource } from "./sql-source.ts";
import type { SummaryState, TableRow, TraceSummary } from "./trace.ts";

const isRoot = "COALESCE(parent_span_id, '') = ''";
const failedSpans = "COUNT_IF(status.code = 'STATUS_CODE_ERROR')";
const shownOfRequest = 65_536;

// From the spans rather than from the view, which leaves out a trace until its root span has come.
const summarySql = (tables: TraceTables, clauses: { readonly where?: string; readonly rest?: string }): string =>
  `SELECT trace_id,
  COALESCE(MIN(start_time_unix_nano) FILTER (WHERE ${isRoot}), MIN(start_time_unix_nano)) AS start_nano,
  MIN_BY(end_time_unix_nano, start_time_unix_nano) FILTER (WHERE ${isRoot}) AS end_nano,
  MIN_BY(name, start_time_unix_nano) FILTER (WHERE ${isRoot}) AS root_name,
  MIN_BY(status.code, start_time_unix_nano) FILTER (WHERE ${isRoot}) AS root_status,
  COUNT_IF(${isRoot}) AS root_count, COUNT(*) AS span_count, ${failedSpans} AS failed_count
FROM ${tables.spans} ${clauses.where ?? ""}
GROUP BY trace_id ${clauses.rest ?? ""}`;

const detailSql = (tables: TraceTables, ids: readonly string[]): string =>
  `SELECT trace_id, SUBSTRING(request, 1, ${shownOfRequest}) AS request, tags, trace_metadata
FROM ${tables.unifiedView} WHERE trace_id IN (${ids.map((_, index) => `:id${index}`).join(", ")})`;

/** The newest traces of a location, the newest first. */
export const newestSummaries = async (
  source: SqlSource,
  tables: TraceTables,
  options: { readonly limit: number; readonly failedOnly?: boolean },
): Promise<TraceSummary[]> => {
  const having = options.failedOnly === true ? `HAVING ${failedSpans} > 0` : "";
  const rest = `${having} ORDER BY start_nano DESC, trace_id LIMIT ${options.limit}`;
  return withDetails(source, tables, rowsByName(await source.query(summarySql(tables, { rest }))));
};

/** The trace with this id in a location, if it is there. */
export const summaryOf = async (
  source: SqlSource,
  tables: TraceTables,
  traceId: string,
): Promise<TraceSummary | undefined> => {
  const sql = summarySql(tables, { where: "WHERE trace_id = :id" });
  const answer = await source.query(sql, { parameters: [{ name: "id", value: traceId }] });
  const [summary] = await withDetails(source, tables, rowsByName(answer));
  return summary;
};

/** Ids of a location's traces that start with `prefix`, no more than `limit`. */
export const idsStartingWith = async (
  source: SqlSource,
  tables: TraceTables,
  options: { readonly prefix: string; readonly limit: number },
): Promise<string[]> => {
  const sql = `SELECT DISTINCT trace_id FROM ${tables.spans} WHERE STARTSWITH(trace_id, :prefix) ORDER BY trace_id LIMIT ${options.limit}`;
  const answer = await source.query(sql, { parameters: [{ name: "prefix", value: options.prefix }] });
  return rowsByName(answer).flatMap((row) => textCell(row["trace_id"]) ?? []);
};

const withDetails = async (
  source: SqlSource,
  tables: TraceTables,
  rows: readonly TableRow[],
): Promise<TraceSummary[]> => {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => textCell(row["trace_id"]) ?? "");
  const parameters = ids.map((value, index) => ({ name: `id${index}`, value }));
  const details = rowsByName(await source.query(detailSql(tables, ids), { parameters }));
  const detailById = new Map(details.map((row) => [textCell(row["trace_id"]), row]));
  return rows.map((row) => toSummary(tables, row, detailById.get(textCell(row["trace_id"])) ?? {}));
};

const toSummary = (tables: TraceTables, row: TableRow, detail: TableRow): TraceSummary => {
  const metadata = mapCell(detail["trace_metadata"]);
  return {
    location: tables.location,
    traceId: textCell(row["trace_id"]) ?? "",
    name: textCell(row["root_name"]),
    state: stateOf(row),
    startTimeUnixNano: integerCell(row["start_nano"]) ?? 0n,
    endTimeUnixNano: integerCell(row["end_nano"]),
    spanCount: Number(integerCell(row["span_count"]) ?? 0n),
    failedSpanCount: Number(integerCell(row["failed_count"]) ?? 0n),
    tokens: parseTokenUsage(metadata[TraceMetadataKey.TOKEN_USAGE]),
    session: textCell(metadata[TraceMetadataKey.SESSION]),
    user: textCell(metadata[TraceMetadataKey.USER]),
    requestPreview: previewOf(metadata[TraceMetadataKey.INPUTS], textCell(detail["request"])),
    tags: mapCell(detail["tags"]),
    metadata,
  };
};

const stateOf = (row: TableRow): SummaryState => {
  if ((integerCell(row["root_count"]) ?? 0n) === 0n) return TraceState.IN_PROGRESS;
  const status = textCell(row["root_status"]) ?? "STATUS_CODE_OK";
  if (status === "STATUS_CODE_ERROR") return TraceState.ERROR;
  return status === "STATUS_CODE_OK" ? TraceState.OK : "UNSET";
};

// A preview that somebody wrote is better than what the request says; one that was cut from the request is not.
const previewOf = (preview: string | undefined, request: string | undefined): string | undefined => {
  if (preview !== undefined && preview !== "" && !preview.trimStart().startsWith("{")) return preview;
  const text = request ?? preview;
  return text === undefined ? undefined : requestPreview(text);
};
