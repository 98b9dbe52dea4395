import { LogEventName, type LocationTables } from "@tracelake/wire";
import { quoteString } from "../../quote-sql.ts";
import { quoteQualified } from "./names.ts";

/** The element of the views' `assessments` column. */
const assessmentType = `STRUCT(assessment_id VARCHAR, trace_id VARCHAR, assessment_name VARCHAR,
  "source" STRUCT(source_id VARCHAR, source_type VARCHAR), create_time TIMESTAMP, last_update_time TIMESTAMP,
  expectation STRUCT("value" VARCHAR, serialized_value STRUCT(serialization_format VARCHAR, "value" VARCHAR, stack_trace VARCHAR)),
  feedback STRUCT("value" VARCHAR, error STRUCT(error_code VARCHAR, error_message VARCHAR, stack_trace VARCHAR)),
  rationale VARCHAR, metadata MAP(VARCHAR, VARCHAR), span_id VARCHAR, overrides VARCHAR, valid VARCHAR)`;

// Fields that are not there are NULL: a cast would want all of them.
const objectOrNull = (json: string, fields: readonly string[]): string => {
  const structure = JSON.stringify(Object.fromEntries(fields.map((name) => [name, "VARCHAR"])));
  return `CASE WHEN json_type(${json}) = 'OBJECT' THEN json_transform(${json}, ${quoteString(structure)}) END`;
};

const errorFields = ["error_code", "error_message", "stack_trace"];
const serializedFields = ["serialization_format", "value", "stack_trace"];

/** v1 keeps an assessment as the JSON body of a log event; a row without the attribute `deleted` counts as deleted. */
export const logAssessments = (tables: LocationTables): string => `assessment_rows AS (
  SELECT trace_id, body::JSON AS body, attributes['deleted'] AS deleted
  FROM ${quoteQualified(tables.logs)} WHERE event_name = ${quoteString(LogEventName.ASSESSMENT)}
  QUALIFY row_number() OVER (PARTITION BY trace_id, attributes['assessment_id'] ORDER BY time_unix_nano DESC) = 1
), assessment_lists AS (
  SELECT trace_id, list(CAST(struct_pack(
    assessment_id := body ->> '$.assessment_id',
    trace_id := trace_id,
    assessment_name := body ->> '$.assessment_name',
    "source" := struct_pack(source_id := body ->> '$.source.source_id', source_type := body ->> '$.source.source_type'),
    create_time := make_timestamp(TRY_CAST(body ->> '$.create_time' AS BIGINT) * 1000),
    last_update_time := make_timestamp(TRY_CAST(body ->> '$.last_update_time' AS BIGINT) * 1000),
    expectation := CASE WHEN json_type(body, '$.expectation') = 'OBJECT' THEN struct_pack(
      "value" := body ->> '$.expectation.value',
      serialized_value := ${objectOrNull("(body -> '$.expectation.serialized_value')", serializedFields)}) END,
    feedback := CASE WHEN json_type(body, '$.feedback') = 'OBJECT' THEN struct_pack(
      "value" := body ->> '$.feedback.value',
      error := ${objectOrNull("(body -> '$.feedback.error')", errorFields)}) END,
    rationale := body ->> '$.rationale',
    metadata := CAST(body -> '$.metadata' AS MAP(VARCHAR, VARCHAR)),
    span_id := body ->> '$.span_id',
    overrides := body ->> '$.overrides',
    valid := body ->> '$.valid') AS ${assessmentType}) ORDER BY body ->> '$.create_time', body ->> '$.assessment_id') AS assessments
  FROM assessment_rows WHERE deleted <> 'true' GROUP BY trace_id
)`;

/**
 * What an annotation's columns have no place for stands in its metadata, under keys that readers pass over.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/observe-with-traces/query-dbsql
 */
export const AnnotationMetadataKey = {
  SOURCE_ID: "mlflow.assessment.sourceId",
  SOURCE_TYPE: "mlflow.assessment.sourceType",
  ERROR: "mlflow.assessment.error",
  OVERRIDES: "mlflow.assessment.overrides",
  VALID: "mlflow.assessment.valid",
  SERIALIZATION_FORMAT: "mlflow.assessment.serializationFormat",
} as const;

const internal = (key: string): string => `(metadata::JSON ->> '$."${key}"')`;

/** v2 keeps an assessment as an annotation, of its trace or of one of its spans. */
export const annotationAssessments = (): string => `assessment_lists AS (
  SELECT split_part(target_id, ':', 1) AS trace_id, list(CAST(struct_pack(
    assessment_id := annotation_id,
    trace_id := split_part(target_id, ':', 1),
    assessment_name := name,
    "source" := struct_pack(
      source_id := COALESCE(${internal(AnnotationMetadataKey.SOURCE_ID)}, created_by),
      source_type := ${internal(AnnotationMetadataKey.SOURCE_TYPE)}),
    create_time := created_at,
    last_update_time := updated_at,
    expectation := CASE WHEN annotation_type = 'EXPECTATION' THEN struct_pack(
      "value" := CASE WHEN ${internal(AnnotationMetadataKey.SERIALIZATION_FORMAT)} IS NULL THEN value::JSON ->> '$' END,
      serialized_value := CASE WHEN ${internal(AnnotationMetadataKey.SERIALIZATION_FORMAT)} IS NOT NULL THEN struct_pack(
        serialization_format := ${internal(AnnotationMetadataKey.SERIALIZATION_FORMAT)}, "value" := value::JSON ->> '$',
        stack_trace := NULL) END) END,
    feedback := CASE WHEN annotation_type = 'FEEDBACK' THEN struct_pack(
      "value" := value::JSON ->> '$',
      error := ${objectOrNull(`(${internal(AnnotationMetadataKey.ERROR)}::JSON)`, errorFields)}) END,
    rationale := "comment",
    metadata := map_from_entries(list_filter(map_entries(CAST(metadata::JSON AS MAP(VARCHAR, VARCHAR))),
      entry -> entry.key NOT IN (${Object.values(AnnotationMetadataKey).map(quoteString).join(", ")}))),
    span_id := NULLIF(split_part(target_id, ':', 2), ''),
    overrides := ${internal(AnnotationMetadataKey.OVERRIDES)},
    valid := COALESCE(${internal(AnnotationMetadataKey.VALID)}, 'true')) AS ${assessmentType}) ORDER BY created_at, annotation_id) AS assessments
  FROM latest WHERE annotation_type IN ('FEEDBACK', 'EXPECTATION') GROUP BY 1
)`;
