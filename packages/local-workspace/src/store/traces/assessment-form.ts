import type { DuckDBValue } from "@duckdb/node-api";
import {
  serializedValueFormat,
  stringifyJson,
  type Assessment,
  type JsonValue,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { assessmentSchema } from "@tracelake/wire/schemas";
import { jsonText, timestamp, wellFormed, type Row } from "../rows/cells.ts";
import { AnnotationMetadataKey } from "../schema/view-assessments.ts";
import { plainValue } from "../values.ts";
import { identityOf } from "./experiment-location.ts";

const millisOf = (time: string | undefined): number => {
  const millis = Date.parse(time ?? "");
  return Number.isNaN(millis) ? Date.now() : millis;
};

const timeOf = (millis: unknown): string | undefined =>
  typeof millis === "number" && Math.abs(millis) < 8.64e15 ? new Date(millis).toISOString() : undefined;

/** An assessment as the body of v1's log event: times are milliseconds there. */
export const assessmentBody = (assessment: Assessment): JsonValue => {
  const { trace_location: _, create_time: created, last_update_time: updated, ...rest } = assessment;
  return { ...rest, create_time: millisOf(created), last_update_time: millisOf(updated) } as JsonValue;
};

/** Reads {@link assessmentBody}. */
export const readAssessmentBody = (body: string, otelTraceId: string, location: UnityCatalogLocation): Assessment => {
  const value = JSON.parse(body) as Record<string, unknown>;
  return assessmentSchema.parse({
    ...value,
    ...identityOf(otelTraceId, location),
    create_time: timeOf(value["create_time"]),
    last_update_time: timeOf(value["last_update_time"]),
  });
};

const valueOf = ({ feedback, expectation }: Assessment): JsonValue => {
  if (feedback !== undefined) return feedback.value ?? null;
  return expectation?.serialized_value?.value ?? expectation?.value ?? null;
};

const metadataOf = ({ source, feedback, expectation, overrides, valid, metadata = {} }: Assessment): JsonValue => {
  const own: Record<string, JsonValue | undefined> = {
    [AnnotationMetadataKey.SOURCE_ID]: source?.source_id,
    [AnnotationMetadataKey.SOURCE_TYPE]: source?.source_type,
    [AnnotationMetadataKey.ERROR]:
      feedback?.error === undefined ? undefined : stringifyJson(feedback.error as JsonValue),
    [AnnotationMetadataKey.SERIALIZATION_FORMAT]: expectation?.serialized_value?.serialization_format,
    [AnnotationMetadataKey.OVERRIDES]: overrides,
    [AnnotationMetadataKey.VALID]: valid === undefined ? undefined : String(valid),
  };
  const known = Object.entries(own).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
  return { ...metadata, ...Object.fromEntries(known) };
};

/** An assessment as the cells of v2's annotation. */
export const assessmentCells = (otelTraceId: string, assessment: Assessment & { assessment_id: string }): Row => ({
  annotation_id: assessment.assessment_id,
  annotation_type: assessment.expectation === undefined ? "FEEDBACK" : "EXPECTATION",
  ...(assessment.span_id === undefined
    ? {}
    : { target_type: "SPAN", target_id: `${otelTraceId}:${wellFormed(assessment.span_id)}` }),
  name: wellFormed(assessment.assessment_name),
  value: jsonText(valueOf(assessment)),
  comment: assessment.rationale === undefined ? null : wellFormed(assessment.rationale),
  metadata: jsonText(metadataOf(assessment)),
  created_at: timestamp(BigInt(millisOf(assessment.create_time)) * 1_000_000n),
  created_by: wellFormed(assessment.source?.source_id ?? ""),
});

const textIn = (cells: Readonly<Record<string, DuckDBValue>>, name: string): string | undefined => {
  const value = plainValue(cells[name] ?? null);
  return typeof value === "string" ? value : undefined;
};

const parsed = (json: string | undefined): JsonValue => (json === undefined ? null : (JSON.parse(json) as JsonValue));

const isInternal: ReadonlySet<string> = new Set(Object.values(AnnotationMetadataKey));

/** Reads {@link assessmentCells}, with `value` and `metadata` as JSON text. */
export const readAssessmentCells = (
  cells: Readonly<Record<string, DuckDBValue>>,
  location: UnityCatalogLocation,
): Assessment => {
  const [otelTraceId = "", spanId] = (textIn(cells, "target_id") ?? "").split(":");
  const all = (parsed(textIn(cells, "metadata")) ?? {}) as Record<string, string | undefined>;
  const metadata = Object.fromEntries(Object.entries(all).filter(([key]) => !isInternal.has(key)));
  const value = parsed(textIn(cells, "value"));
  const format = all[AnnotationMetadataKey.SERIALIZATION_FORMAT];
  const error = parsed(all[AnnotationMetadataKey.ERROR]);
  const expectation =
    format === undefined
      ? { value }
      : {
          serialized_value: {
            serialization_format: serializedValueFormat,
            value: typeof value === "string" ? value : stringifyJson(value),
          },
        };
  const valid = all[AnnotationMetadataKey.VALID];
  return assessmentSchema.parse({
    assessment_id: textIn(cells, "annotation_id"),
    assessment_name: textIn(cells, "name") ?? "",
    ...identityOf(otelTraceId, location),
    span_id: spanId,
    source: {
      source_type: all[AnnotationMetadataKey.SOURCE_TYPE] ?? "SOURCE_TYPE_UNSPECIFIED",
      source_id: all[AnnotationMetadataKey.SOURCE_ID] ?? textIn(cells, "created_by"),
    },
    create_time: textIn(cells, "created_at"),
    last_update_time: textIn(cells, "updated_at"),
    ...(textIn(cells, "annotation_type") === "EXPECTATION"
      ? { expectation }
      : { feedback: { value, ...(error === null ? {} : { error }) } }),
    rationale: textIn(cells, "comment"),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    overrides: all[AnnotationMetadataKey.OVERRIDES],
    ...(valid === undefined ? {} : { valid: valid === "true" }),
  });
};
