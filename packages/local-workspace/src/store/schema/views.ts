import { LogEventName, SpanAttributeKey, type LocationTables } from "@tracelake/wire";
import { columnsOf } from "./columns.ts";
import { Generation } from "./generation.ts";
import { quoteName, quoteString } from "../../quote-sql.ts";
import { quoteQualified } from "./names.ts";
import { annotationAssessments, logAssessments } from "./view-assessments.ts";

/**
 * The attributes that the views read as a trace's request and response: the first that the root span has.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/observe-with-traces/query-dbsql
 */
const requestKeys = [
  SpanAttributeKey.INPUTS,
  "input.value",
  "traceloop.entity.input",
  "gen_ai.input.messages",
  "gcp.vertex.agent.llm_request",
  "gcp.vertex.agent.tool_call_args",
];
const responseKeys = [
  SpanAttributeKey.OUTPUTS,
  "output.value",
  "traceloop.entity.output",
  "gen_ai.output.messages",
  "gcp.vertex.agent.llm_response",
  "gcp.vertex.agent.tool_response",
];

const mapType = "MAP(VARCHAR, VARCHAR)";

const attributeText = (generation: Generation, key: string): string => {
  const value = `attributes[${quoteString(key)}]`;
  return generation === Generation.V1 ? value : `((${value})::JSON ->> '$')`;
};

const firstAttribute = (generation: Generation, keys: readonly string[]): string =>
  `COALESCE(${keys.map((key) => attributeText(generation, key)).join(", ")})`;

const roots = (tables: LocationTables, generation: Generation): string => `roots AS (
  SELECT trace_id,
    make_timestamp(start_time_unix_nano // 1000) AS request_time,
    CASE WHEN status.code IS NULL OR status.code = 'STATUS_CODE_OK' THEN 'OK'
         WHEN status.code = 'STATUS_CODE_ERROR' THEN 'ERROR' ELSE status.code END AS state,
    CAST((end_time_unix_nano - start_time_unix_nano) / 1e6 AS DECIMAL(30, 9)) AS execution_duration_ms,
    ${firstAttribute(generation, requestKeys)} AS request,
    ${firstAttribute(generation, responseKeys)} AS response
  FROM ${quoteQualified(tables.spans)}
  WHERE COALESCE(parent_span_id, '') = ''
  QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY start_time_unix_nano, span_id) = 1
)`;

// The views give every attribute as MAP<STRING,STRING>, whichever generation the table is of.
const spanStruct = (generation: Generation): string =>
  columnsOf(generation, "spans")
    .map(([name, type]) => {
      const column = quoteName(name);
      const text = type.toString();
      if (!text.includes("VARIANT")) return `${column} := ${column}`;
      const asJson = text.replaceAll("VARIANT", "JSON");
      return `${column} := ${column}::${asJson}::${text.replaceAll("VARIANT", mapType)}`;
    })
    .join(", ");

const spanLists = (tables: LocationTables, generation: Generation): string => `span_lists AS (
  SELECT trace_id, list(struct_pack(${spanStruct(generation)}) ORDER BY start_time_unix_nano, span_id) AS spans
  FROM ${quoteQualified(tables.spans)} GROUP BY trace_id
)`;

const logMetadata = (tables: LocationTables): string => `metadata AS (
  SELECT trace_id, body::JSON ->> '$.client_request_id' AS client_request_id,
    CAST(body::JSON -> '$.trace_metadata' AS ${mapType}) AS trace_metadata,
    NULL::VARCHAR AS request_preview, NULL::VARCHAR AS response_preview
  FROM ${quoteQualified(tables.logs)} WHERE event_name = ${quoteString(LogEventName.TRACE_METADATA)}
  QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY time_unix_nano DESC) = 1
), tag_rows AS (
  SELECT trace_id, body::JSON ->> '$.key' AS key, body::JSON ->> '$.value' AS value
  FROM ${quoteQualified(tables.logs)} WHERE event_name = ${quoteString(LogEventName.TRACE_TAG)}
  QUALIFY row_number() OVER (PARTITION BY trace_id, body::JSON ->> '$.key' ORDER BY time_unix_nano DESC) = 1
)`;

const latestAnnotations = (annotations: string): string => `latest AS NOT MATERIALIZED (
  SELECT * FROM (
    SELECT * FROM ${quoteQualified(annotations)}
    QUALIFY row_number() OVER (PARTITION BY annotation_id ORDER BY updated_at DESC) = 1
  ) WHERE deleted_at IS NULL
), metadata AS (
  SELECT target_id AS trace_id, value::JSON ->> '$.client_request_id' AS client_request_id,
    CAST(value::JSON -> '$.trace_metadata' AS ${mapType}) AS trace_metadata,
    value::JSON ->> '$.request_preview' AS request_preview, value::JSON ->> '$.response_preview' AS response_preview
  FROM latest WHERE annotation_type = 'METADATA' AND target_type = 'TRACE'
  QUALIFY row_number() OVER (PARTITION BY target_id ORDER BY updated_at DESC) = 1
), tag_rows AS (
  SELECT target_id AS trace_id, name AS key, value::JSON ->> '$' AS value
  FROM latest WHERE annotation_type = 'TAG' AND target_type = 'TRACE'
)`;

const tagMaps = `tag_maps AS (
  SELECT trace_id, map_from_entries(list({'key': key, 'value': value} ORDER BY key)) AS tags
  FROM tag_rows WHERE key IS NOT NULL GROUP BY trace_id
)`;

const parts = (tables: LocationTables, generation: Generation): string =>
  [
    roots(tables, generation),
    tables.annotations === undefined ? logMetadata(tables) : latestAnnotations(tables.annotations),
    tagMaps,
    tables.annotations === undefined ? logAssessments(tables) : annotationAssessments(),
  ].join(", ");

const joins = `FROM roots
  LEFT JOIN metadata ON metadata.trace_id = roots.trace_id
  LEFT JOIN tag_maps ON tag_maps.trace_id = roots.trace_id
  LEFT JOIN assessment_lists ON assessment_lists.trace_id = roots.trace_id`;

const emptyMap = `MAP{}::${mapType}`;

/** The view of whole traces: one row for each trace that has a root span. */
export const unifiedViewSql = (tables: LocationTables, generation: Generation): string =>
  `WITH ${parts(tables, generation)}, ${spanLists(tables, generation)}
SELECT roots.trace_id, metadata.client_request_id, roots.request_time, roots.state, roots.execution_duration_ms,
  roots.request, roots.response, COALESCE(metadata.trace_metadata, ${emptyMap}) AS trace_metadata,
  COALESCE(tag_maps.tags, ${emptyMap}) AS tags, span_lists.spans, COALESCE(assessment_lists.assessments, []) AS assessments
${joins}
  JOIN span_lists ON span_lists.trace_id = roots.trace_id`;

/** The view of what is known of traces beside their spans. */
export const metadataViewSql = (tables: LocationTables, generation: Generation): string =>
  `WITH ${parts(tables, generation)}
SELECT roots.trace_id, metadata.client_request_id, COALESCE(tag_maps.tags, ${emptyMap}) AS tags,
  COALESCE(metadata.trace_metadata, ${emptyMap}) AS trace_metadata, COALESCE(assessment_lists.assessments, []) AS assessments
${joins}`;

/** What is known of the trace `$1`, whether its root span or its info came first. */
export const traceInfoSql = (tables: LocationTables, generation: Generation): string =>
  `WITH ${parts(tables, generation)}, asked AS (SELECT $1::VARCHAR AS trace_id)
SELECT roots.trace_id IS NOT NULL OR metadata.trace_id IS NOT NULL OR tag_maps.trace_id IS NOT NULL AS is_known,
  metadata.client_request_id, roots.request_time, roots.state, roots.execution_duration_ms,
  COALESCE(metadata.request_preview, roots.request) AS request_preview,
  COALESCE(metadata.response_preview, roots.response) AS response_preview,
  metadata.trace_metadata, tag_maps.tags
FROM asked
  LEFT JOIN roots ON roots.trace_id = asked.trace_id
  LEFT JOIN metadata ON metadata.trace_id = asked.trace_id
  LEFT JOIN tag_maps ON tag_maps.trace_id = asked.trace_id`;
