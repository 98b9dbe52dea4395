import { SpanAttributeKey } from "@tracelake/wire";
import { parseTokenUsage, rowsByName } from "@tracelake/workspace-client";
import { integerCell, textCell } from "./cells.ts";
import type { TraceTables } from "./locations.ts";
import type { SqlSource } from "./sql-source.ts";
import type { TableRow, TraceSpan } from "./trace.ts";

const shownOfIo = 4000;
const inOrder = "WHERE trace_id = :id ORDER BY start_time_unix_nano, span_id";

/** The spans of a trace as a tree needs them; inputs and outputs, shortened, only where they are asked for. */
export const readSpans = async (
  source: SqlSource,
  tables: TraceTables,
  trace: { readonly traceId: string; readonly withIo: boolean },
): Promise<TraceSpan[]> => {
  const { attribute } = tables;
  const io = (key: string): string => `SUBSTRING(${attribute(key)}, 1, ${shownOfIo})`;
  const columns = [
    "span_id, parent_span_id, name, start_time_unix_nano, end_time_unix_nano",
    "status.code AS status_code, status.message AS status_message",
    `${attribute(SpanAttributeKey.SPAN_TYPE)} AS span_type`,
    `${attribute(SpanAttributeKey.MODEL)} AS model`,
    `${attribute(SpanAttributeKey.TOKEN_USAGE)} AS token_usage`,
    ...(trace.withIo ? [`${io(SpanAttributeKey.INPUTS)} AS inputs`, `${io(SpanAttributeKey.OUTPUTS)} AS outputs`] : []),
  ];
  const sql = `SELECT ${columns.join(", ")} FROM ${tables.spans} ${inOrder}`;
  const answer = await source.query(sql, { parameters: [{ name: "id", value: trace.traceId }] });
  return rowsByName(answer).map(toSpan);
};

/** The rows of a trace in the spans table, with every column. */
export const readSpanRows = async (source: SqlSource, tables: TraceTables, traceId: string): Promise<TableRow[]> =>
  rowsByName(
    await source.query(`SELECT * FROM ${tables.spans} ${inOrder}`, { parameters: [{ name: "id", value: traceId }] }),
  );

const toSpan = (row: TableRow): TraceSpan => {
  const endTimeUnixNano = integerCell(row["end_time_unix_nano"]);
  return {
    spanId: textCell(row["span_id"]) ?? "",
    parentSpanId: textCell(row["parent_span_id"]),
    name: textCell(row["name"]) ?? "(no name)",
    type: withoutQuotes(textCell(row["span_type"])),
    model: withoutQuotes(textCell(row["model"])),
    startTimeUnixNano: integerCell(row["start_time_unix_nano"]) ?? 0n,
    endTimeUnixNano: endTimeUnixNano === 0n ? undefined : endTimeUnixNano,
    isFailed: row["status_code"] === "STATUS_CODE_ERROR",
    statusMessage: textCell(row["status_message"]),
    tokens: parseTokenUsage(textCell(row["token_usage"])),
    inputs: textCell(row["inputs"]),
    outputs: textCell(row["outputs"]),
  };
};

// MLflow's TypeScript client writes text attributes as JSON.
const withoutQuotes = (text: string | undefined): string | undefined => text?.replace(/^"(.*)"$/s, "$1");
