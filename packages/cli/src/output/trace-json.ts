import { formatLocation, formatTraceId, type JsonValue } from "@tracelake/wire";
import type { TableRow, TraceSummary } from "../data/trace.ts";

/** A trace for programs: MLflow's id, times in nanoseconds, names as in the tables. */
export const summaryJson = (summary: TraceSummary): { readonly [key: string]: JsonValue } => {
  const { startTimeUnixNano: start, endTimeUnixNano: end, tokens } = summary;
  return {
    trace_id: formatTraceId(summary.traceId, summary.location),
    location: formatLocation(summary.location),
    name: summary.name ?? null,
    state: summary.state,
    start_time_unix_nano: start,
    end_time_unix_nano: end ?? null,
    duration_ms: end === undefined ? null : Number(end - start) / 1e6,
    span_count: summary.spanCount,
    failed_span_count: summary.failedSpanCount,
    token_usage: tokens === undefined ? null : { ...tokens },
    session: summary.session ?? null,
    user: summary.user ?? null,
    request_preview: summary.requestPreview ?? null,
    tags: summary.tags,
    trace_metadata: summary.metadata,
  };
};

/** A trace with the rows of its spans as the table has them. */
export const traceJson = (summary: TraceSummary, spans: readonly TableRow[]): JsonValue => ({
  ...summaryJson(summary),
  spans,
});
