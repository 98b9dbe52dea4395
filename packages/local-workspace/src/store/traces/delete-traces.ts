import type { DuckDBConnection } from "@duckdb/node-api";
import { tablesOf, type UnityCatalogLocation } from "@tracelake/wire";
import { generationOf } from "../schema/generation.ts";
import { quoteQualified } from "../schema/names.ts";
import { traceFacts, tracesWithIds } from "../schema/trace-facts.ts";

/** Traces by their ids, or the oldest up to a moment. */
export type TracesToDelete =
  | { readonly otelTraceIds: readonly string[] }
  | { readonly latestMillis: number; readonly most: number };

const condition = (which: TracesToDelete): string =>
  "otelTraceIds" in which
    ? `TRUE${tracesWithIds(which.otelTraceIds)("trace_id")}`
    : `epoch_ms(request_time) <= ${Math.trunc(which.latestMillis)} ORDER BY request_time, trace_id LIMIT ${Math.trunc(which.most)}`;

/**
 * Deletes traces with all that was said of them, within the connection's transaction.
 *
 * @returns their ids.
 */
export const deleteTraces = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  which: TracesToDelete,
): Promise<string[]> => {
  if ("otelTraceIds" in which && which.otelTraceIds.length === 0) return [];
  const tables = tablesOf(location);
  const facts = traceFacts(tables, generationOf(location));
  const found = await connection.runAndReadAll(`WITH ${facts} SELECT trace_id FROM facts WHERE ${condition(which)}`);
  const ids = found.getRows().map(([id]) => String(id));
  if (ids.length === 0) return ids;
  const scope = tracesWithIds(ids);
  const told =
    tables.annotations === undefined
      ? [tables.logs, scope("trace_id")]
      : [tables.annotations, scope("split_part(target_id, ':', 1)")];
  for (const [table = "", where = ""] of [[tables.spans, scope("trace_id")], told]) {
    await connection.run(`DELETE FROM ${quoteQualified(table)} WHERE TRUE${where}`);
  }
  return ids;
};
