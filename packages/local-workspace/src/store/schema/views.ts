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

/** A condition behind `AND` that limits rows to some traces, given the expression of their trace id; or nothing. */
export type TraceScope = (traceId: string) => string;

export const everyTrace: TraceScope = () => "";

/**
 * The condition for the rows of a table that fulfil another one, limited to some traces. Which rows these are is found by
 * the columns that the condition needs: DuckDB would read every column of the whole table for it.
 */
export const inScope = (table: string, condition: string, scope: string): string =>
  scope === "" ? condition : `rowid IN (SELECT rowid FROM ${quoteQualified(table)} WHERE ${condition}${scope})`;

// A path that starts with a slash is a pointer, in which any key can be written: https://datatracker.ietf.org/doc/html/rfc6901
const pointerTo = (key: string): string => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/**
 * A span's attribute as text. All of a VARIANT is made JSON for it: to take one key out of a VARIANT costs DuckDB many times
 * that, and as the cast is the same for every key of a query it is made once.
 */
export const attributeText = (generation: Generation, key: string, attributes = "attributes"): string =>
  generation === Generation.V1
    ? `${attributes}[${quoteString(key)}]`
    : `(${attributes}::JSON ->> ${quoteString(pointerTo(key))})`;

const firstAttribute = (generation: Generation, keys: readonly string[]): string =>
  `COALESCE(${keys.map((key) => attributeText(generation, key)).join(", ")})`;

/**
 * What Databricks reads from a root span's attributes where nobody has sent a trace info.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/third-party/otel-span-attributes
 */
const rootAttributes: Readonly<Record<string, string>> = {
  session_id: SpanAttributeKey.SESSION_ID,
  user_id: SpanAttributeKey.USER_ID,
  input_tokens: "gen_ai.usage.input_tokens",
  output_tokens: "gen_ai.usage.output_tokens",
};

const rootAttributeColumns = (generation: Generation): string =>
  Object.entries(rootAttributes)
    .map(([name, key]) => `${attributeText(generation, key)} AS ${name}`)
    .join(", ");

/** The root span of each trace. */
export const roots = (
  tables: LocationTables,
  generation: Generation,
  scope: TraceScope = everyTrace,
): string => `roots AS (
  SELECT trace_id, ${rootAttributeColumns(generation)},
    make_timestamp(start_time_unix_nano // 1000) AS request_time,
    CASE WHEN status.code IS NULL OR status.code = 'STATUS_CODE_OK' THEN 'OK'
         WHEN status.code = 'STATUS_CODE_ERROR' THEN 'ERROR' ELSE status.code END AS state,
    CAST((end_time_unix_nano - start_time_unix_nano) / 1e6 AS DECIMAL(30, 9)) AS execution_duration_ms,
    ${firstAttribute(generation, requestKeys)} AS request,
    ${firstAttribute(generation, responseKeys)} AS response
  FROM ${quoteQualified(tables.spans)}
  WHERE ${inScope(tables.spans, "COALESCE(parent_span_id, '') = ''", scope("trace_id"))}
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

// Times and state are kept beside the rest only where no root span says them.
const metadataColumns = (json: string): string => `${json} ->> '$.client_request_id' AS client_request_id,
    CAST(${json} -> '$.trace_metadata' AS ${mapType}) AS trace_metadata,
    ${json} ->> '$.request_preview' AS request_preview, ${json} ->> '$.response_preview' AS response_preview,
    TRY_CAST(${json} ->> '$.request_time' AS TIMESTAMP) AS info_time, ${json} ->> '$.state' AS info_state,
    TRY_CAST(rtrim(${json} ->> '$.execution_duration', 's') AS DOUBLE) * 1000 AS info_duration_ms`;

const logMetadata = (tables: LocationTables, scope: TraceScope): string => `metadata AS (
  SELECT trace_id, ${metadataColumns("body::JSON")}
  FROM ${quoteQualified(tables.logs)}
  WHERE ${inScope(tables.logs, `event_name = ${quoteString(LogEventName.TRACE_METADATA)}`, scope("trace_id"))}
  QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY time_unix_nano DESC) = 1
), tag_rows AS (
  SELECT trace_id, body::JSON ->> '$.key' AS key, body::JSON ->> '$.value' AS value
  FROM ${quoteQualified(tables.logs)}
  WHERE ${inScope(tables.logs, `event_name = ${quoteString(LogEventName.TRACE_TAG)}`, scope("trace_id"))}
  QUALIFY row_number() OVER (PARTITION BY trace_id, body::JSON ->> '$.key' ORDER BY time_unix_nano DESC) = 1
)`;

const latestOf = (annotations: string, condition: string): string => `(SELECT * FROM (
    SELECT * FROM ${quoteQualified(annotations)} WHERE ${condition}
    QUALIFY row_number() OVER (PARTITION BY annotation_id ORDER BY updated_at DESC) = 1
  ) WHERE deleted_at IS NULL)`;

const latestOfTraces = (annotations: string, type: string, scope: TraceScope): string => {
  const condition = `annotation_type = ${quoteString(type)} AND target_type = 'TRACE'`;
  return latestOf(annotations, inScope(annotations, condition, scope("target_id")));
};

const latestAnnotations = (annotations: string, scope: TraceScope): string => `latest AS NOT MATERIALIZED
  ${latestOf(annotations, inScope(annotations, "TRUE", scope("split_part(target_id, ':', 1)")))}, metadata AS (
  SELECT target_id AS trace_id, ${metadataColumns("value::JSON")}
  FROM ${latestOfTraces(annotations, "METADATA", scope)}
  QUALIFY row_number() OVER (PARTITION BY target_id ORDER BY updated_at DESC) = 1
), tag_rows AS (
  SELECT target_id AS trace_id, name AS key, value::JSON ->> '$' AS value
  FROM ${latestOfTraces(annotations, "TAG", scope)}
)`;

/** The latest metadata and tags of each trace. */
export const told = (tables: LocationTables, scope: TraceScope = everyTrace): string =>
  `${tables.annotations === undefined ? logMetadata(tables, scope) : latestAnnotations(tables.annotations, scope)}, ${tagMaps}`;

const tagMaps = `tag_maps AS (
  SELECT trace_id, map_from_entries(list({'key': key, 'value': value} ORDER BY key)) AS tags
  FROM tag_rows WHERE key IS NOT NULL AND value IS NOT NULL GROUP BY trace_id
)`;

const parts = (tables: LocationTables, generation: Generation): string =>
  [
    roots(tables, generation),
    told(tables),
    tables.annotations === undefined ? logAssessments(tables) : annotationAssessments(),
  ].join(", ");

const joins = `FROM roots
  LEFT JOIN metadata ON metadata.trace_id = roots.trace_id
  LEFT JOIN tag_maps ON tag_maps.trace_id = roots.trace_id
  LEFT JOIN assessment_lists ON assessment_lists.trace_id = roots.trace_id`;

export const emptyMap = `MAP{}::${mapType}`;

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
