import { tablesOf, type FilterCondition, type UnityCatalogLocation } from "@tracelake/wire";
import { quoteQualified } from "../schema/names.ts";
import { everyTrace, type TraceScope } from "../schema/views.ts";
import { keepsTimesInInfo } from "./experiment-location.ts";

const nanosPerMilli = 1_000_000n;

/** What a condition on whole milliseconds says of a root span's start in nanoseconds. */
const startCondition = ({ entity, key, comparator, value }: FilterCondition): string | undefined => {
  if (entity !== "attribute" || key !== "timestamp_ms" || !Number.isSafeInteger(value)) return undefined;
  const from = BigInt(Number(value)) * nanosPerMilli;
  const after = from + nanosPerMilli;
  switch (comparator) {
    case ">=":
      return `start_time_unix_nano >= ${from}`;
    case ">":
      return `start_time_unix_nano >= ${after}`;
    case "<":
      return `start_time_unix_nano < ${from}`;
    case "<=":
      return `start_time_unix_nano < ${after}`;
    case "=":
      return `start_time_unix_nano >= ${from} AND start_time_unix_nano < ${after}`;
    default:
      return undefined;
  }
};

/**
 * The traces that have a root span in the time that conditions ask for: whatever fulfils them is among these. What is known
 * of a trace is put together from several tables, so that the others had better be left out before.
 */
export const startScope = (location: UnityCatalogLocation, conditions: readonly FilterCondition[]): TraceScope => {
  const starts = conditions.map(startCondition).filter((condition) => condition !== undefined);
  if (starts.length === 0 || keepsTimesInInfo(location)) return everyTrace;
  const spans = quoteQualified(tablesOf(location).spans);
  const roots = `SELECT trace_id FROM ${spans} WHERE COALESCE(parent_span_id, '') = '' AND ${starts.join(" AND ")}`;
  return (traceId) => ` AND ${traceId} IN (${roots})`;
};
