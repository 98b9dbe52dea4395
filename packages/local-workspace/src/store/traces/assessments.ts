import { randomUUID } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import {
  ErrorCode,
  LogEventName,
  quoteForMessage,
  tablesOf,
  TracelakeError,
  type Assessment,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { quoteString } from "../../quote-sql.ts";
import { quoteQualified } from "../schema/names.ts";
import { tracesWithIds } from "../schema/trace-facts.ts";
import { inScope } from "../schema/views.ts";
import type { Row } from "../rows/cells.ts";
import { readAssessmentBody, readAssessmentCells } from "./assessment-form.ts";
import { writeAnnotations, type StoredAssessment } from "./annotations.ts";

/** An assessment with everything that whoever logs it may leave out. */
export const completeAssessment = (assessment: Assessment): StoredAssessment => {
  const now = new Date().toISOString();
  return {
    ...assessment,
    assessment_id: assessment.assessment_id || `a-${randomUUID().replaceAll("-", "")}`,
    create_time: assessment.create_time ?? now,
    last_update_time: assessment.last_update_time ?? now,
    ...(assessment.feedback === undefined ? {} : { valid: assessment.valid ?? true }),
  };
};

const columns =
  "annotation_id, annotation_type, name, target_id, value::JSON::VARCHAR AS value, metadata::JSON::VARCHAR AS metadata, comment, created_at, created_by, updated_at";

// What is said of traces is found without cutting every id in two.
const annotationsSql = (table: string, ids: readonly string[]): string => {
  const rows = (condition: string, traceId: string): string =>
    `SELECT rowid FROM ${quoteQualified(table)} WHERE annotation_type IN ('FEEDBACK', 'EXPECTATION') AND ${condition}${tracesWithIds(ids)(traceId)}`;
  const ofTraces = rows("target_type = 'TRACE'", "target_id");
  const ofSpans = rows("target_type IS DISTINCT FROM 'TRACE'", "split_part(target_id, ':', 1)");
  return `SELECT ${columns} FROM (
    SELECT * FROM ${quoteQualified(table)} WHERE rowid IN (${ofTraces} UNION ALL ${ofSpans})
    QUALIFY row_number() OVER (PARTITION BY annotation_id ORDER BY updated_at DESC) = 1
  ) WHERE deleted_at IS NULL ORDER BY created_at, annotation_id`;
};

const logsSql = (table: string, ids: readonly string[]): string => `SELECT trace_id, body FROM (
    SELECT * FROM ${quoteQualified(table)}
    WHERE ${inScope(table, `event_name = ${quoteString(LogEventName.ASSESSMENT)}`, tracesWithIds(ids)("trace_id"))}
    QUALIFY row_number() OVER (PARTITION BY trace_id, attributes['assessment_id'] ORDER BY time_unix_nano DESC) = 1
  ) WHERE attributes['deleted'] <> 'true' ORDER BY (body::JSON ->> '$.create_time')::BIGINT, attributes['assessment_id']`;

/** What was said of traces, by their ids, the oldest first. */
export const readAssessments = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  otelTraceIds: readonly string[],
): Promise<Map<string, Assessment[]>> => {
  const { annotations, logs } = tablesOf(location);
  const sql = annotations === undefined ? logsSql(logs, otelTraceIds) : annotationsSql(annotations, otelTraceIds);
  const found = new Map<string, Assessment[]>();
  for (const row of (await connection.runAndReadAll(sql)).getRowObjects()) {
    const otelTraceId = String(row["trace_id"] ?? String(row["target_id"]).split(":", 1)[0]);
    const assessment =
      annotations === undefined
        ? readAssessmentBody(String(row["body"]), otelTraceId, location)
        : readAssessmentCells(row, location);
    found.set(otelTraceId, [...(found.get(otelTraceId) ?? []), assessment]);
  }
  return found;
};

/** Which trace of which location is meant. */
export interface TraceKey {
  readonly location: UnityCatalogLocation;
  readonly otelTraceId: string;
}

/** The assessment, or `undefined` where there is none of this id. */
export const readAssessment = async (
  connection: DuckDBConnection,
  { location, otelTraceId }: TraceKey,
  assessmentId: string,
): Promise<StoredAssessment | undefined> => {
  const all = (await readAssessments(connection, location, [otelTraceId])).get(otelTraceId) ?? [];
  const found = all.find(({ assessment_id: id }) => id === assessmentId);
  return found === undefined ? undefined : { ...found, assessment_id: assessmentId };
};

const existing = async (
  connection: DuckDBConnection,
  key: TraceKey,
  assessmentId: string,
): Promise<StoredAssessment> => {
  const found = await readAssessment(connection, key, assessmentId);
  if (found !== undefined) return found;
  throw new TracelakeError(ErrorCode.TRACE_NOT_FOUND, {
    failed: "The assessment was not found",
    seen: `assessment ${quoteForMessage(assessmentId)} of trace ${key.otelTraceId}`,
    remedy: "Give the id that the workspace answered when it was logged.",
    httpStatus: 404,
  });
};

const write = async (
  connection: DuckDBConnection,
  { location, otelTraceId }: TraceKey,
  assessment: StoredAssessment,
  isDeleted = false,
): Promise<void> => {
  await writeAnnotations(connection, location, [
    { otelTraceId, annotation: { kind: "assessment", assessment, isDeleted } },
  ]);
};

const setValid = async (
  connection: DuckDBConnection,
  key: TraceKey,
  change: { readonly assessmentId: string; readonly valid: boolean },
): Promise<void> => {
  const found = await readAssessment(connection, key, change.assessmentId);
  if (found !== undefined) await write(connection, key, { ...found, valid: change.valid });
};

/** What is said of one trace. */
export interface NewAssessment {
  readonly otelTraceId: string;
  readonly assessment: Assessment;
}

// A row is read as it will be from the table, without asking the table for it.
const readRow = (row: Row, location: UnityCatalogLocation): Assessment =>
  tablesOf(location).annotations === undefined
    ? readAssessmentBody(String(row["body"]), String(row["trace_id"]), location)
    : readAssessmentCells(row, location);

/**
 * Logs assessments of traces of one location, within the connection's transaction. Those that they override are no longer
 * valid.
 *
 * @returns them as they are kept, in their order.
 */
export const createAssessments = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  created: readonly NewAssessment[],
): Promise<Assessment[]> => {
  for (const { otelTraceId, assessment } of created) {
    if (assessment.overrides === undefined) continue;
    const key = { location, otelTraceId };
    await existing(connection, key, assessment.overrides);
    await setValid(connection, key, { assessmentId: assessment.overrides, valid: false });
  }
  const rows = await writeAnnotations(
    connection,
    location,
    // Ids are made here, whatever was sent.
    created.map(({ otelTraceId, assessment }) => ({
      otelTraceId,
      annotation: { kind: "assessment", assessment: completeAssessment({ ...assessment, assessment_id: undefined }) },
    })),
  );
  return rows.map((row) => readRow(row, location));
};

/** The fields of an assessment that can be changed. */
export const changeableFields = [
  "assessment_name",
  "span_id",
  "source",
  "feedback",
  "expectation",
  "rationale",
  "metadata",
  "overrides",
  "valid",
] as const;
export type ChangeableField = (typeof changeableFields)[number];

/** Changes the fields named, within the connection's transaction; metadata is added to what there is. */
export const updateAssessment = async (
  connection: DuckDBConnection,
  key: TraceKey,
  change: {
    readonly assessmentId: string;
    readonly fields: readonly ChangeableField[];
    readonly given: Partial<Assessment>;
  },
): Promise<StoredAssessment> => {
  const before = await existing(connection, key, change.assessmentId);
  const given = Object.fromEntries(change.fields.map((field) => [field, change.given[field]]));
  const isOther = change.fields.includes(before.feedback === undefined ? "feedback" : "expectation");
  if (isOther) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The kind of an assessment cannot be changed",
      seen: before.feedback === undefined ? "feedback for an expectation" : "an expectation for feedback",
      remedy: "Log a new assessment.",
    });
  }
  await write(connection, key, {
    ...before,
    ...given,
    ...(given["metadata"] === undefined ? {} : { metadata: { ...before.metadata, ...change.given.metadata } }),
    last_update_time: new Date().toISOString(),
  });
  return existing(connection, key, change.assessmentId);
};

/** Deletes an assessment, within the connection's transaction. The one that it overrode is valid again. */
export const deleteAssessment = async (
  connection: DuckDBConnection,
  key: TraceKey,
  assessmentId: string,
): Promise<void> => {
  const found = await existing(connection, key, assessmentId);
  await write(connection, key, found, true);
  if (found.overrides !== undefined) {
    await setValid(connection, key, { assessmentId: found.overrides, valid: true });
  }
};
