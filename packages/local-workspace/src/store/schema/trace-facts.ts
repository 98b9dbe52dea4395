import { TraceMetadataKey, type LocationTables } from "@tracelake/wire";
import { quoteString } from "../../quote-sql.ts";
import type { Generation } from "./generation.ts";
import { emptyMap, everyTrace, roots, told, type TraceScope } from "./views.ts";

/** The traces with these ids, which are hexadecimal. */
export const tracesWithIds =
  (otelTraceIds: readonly string[]): TraceScope =>
  (traceId) =>
    ` AND ${traceId} IN (${otelTraceIds.map(quoteString).join(", ")})`;

const entry = (key: string, value: string): string => `{'key': ${quoteString(key)}, 'value': ${value}}`;

const tokenCount = (column: string): string => `COALESCE(TRY_CAST(${column} AS BIGINT), 0)`;
const tokenUsage = `CASE WHEN COALESCE(roots.input_tokens, roots.output_tokens) IS NOT NULL THEN
      json_object('input_tokens', ${tokenCount("roots.input_tokens")}, 'output_tokens', ${tokenCount("roots.output_tokens")},
        'total_tokens', ${tokenCount("roots.input_tokens")} + ${tokenCount("roots.output_tokens")})::VARCHAR END`;

const derivedMetadata = `map_from_entries(list_filter([
      ${entry(TraceMetadataKey.SESSION, "roots.session_id")},
      ${entry(TraceMetadataKey.USER, "roots.user_id")},
      ${entry(TraceMetadataKey.TOKEN_USAGE, tokenUsage)}], entry -> entry.value IS NOT NULL))`;

/**
 * The relation `facts`: what is known of each trace, whether its root span or its info came first. To be written behind
 * `WITH`.
 */
export const traceFacts = (
  tables: LocationTables,
  generation: Generation,
  scope: TraceScope = everyTrace,
): string => `${roots(tables, generation, scope)}, ${told(tables, scope)}, known AS (
  SELECT trace_id FROM roots UNION SELECT trace_id FROM metadata UNION SELECT trace_id FROM tag_maps
), facts AS (
  SELECT known.trace_id, metadata.client_request_id,
    COALESCE(metadata.info_time, roots.request_time) AS request_time,
    CASE COALESCE(metadata.info_state, roots.state, 'IN_PROGRESS')
      WHEN 'OK' THEN 'OK' WHEN 'ERROR' THEN 'ERROR' WHEN 'IN_PROGRESS' THEN 'IN_PROGRESS' ELSE 'STATE_UNSPECIFIED'
      END AS state,
    COALESCE(metadata.info_duration_ms, roots.execution_duration_ms::DOUBLE) AS execution_duration_ms,
    metadata.request_preview, metadata.response_preview, roots.request, roots.response,
    map_concat(${derivedMetadata}, COALESCE(metadata.trace_metadata, ${emptyMap})) AS trace_metadata,
    COALESCE(tag_maps.tags, ${emptyMap}) AS tags
  FROM known
    LEFT JOIN roots ON roots.trace_id = known.trace_id
    LEFT JOIN metadata ON metadata.trace_id = known.trace_id
    LEFT JOIN tag_maps ON tag_maps.trace_id = known.trace_id
)`;
