import { createHash } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import {
  LogEventName,
  tablesOf,
  toKeyValues,
  type Assessment,
  type TraceInfo,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { currentUser } from "../../current-user.ts";
import { appendRows } from "../append.ts";
import { encodingOf, jsonText, timestamp, wellFormed, type Row } from "../rows/cells.ts";
import { generationOf } from "../schema/generation.ts";
import { assessmentBody, assessmentCells } from "./assessment-form.ts";
import { keepsTimesInInfo } from "./experiment-location.ts";

let lastUnixNano = 0n;

// The newest of a key wins, so that no two may carry the same time; the tables keep microseconds.
const laterUnixNano = (): bigint => {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastUnixNano = now > lastUnixNano ? now : lastUnixNano + 1000n;
  return lastUnixNano;
};

/** An assessment as it is kept: with its id, and with times. */
export type StoredAssessment = Assessment & { readonly assessment_id: string };

/** What is said of a trace beside its spans. The latest of each counts. */
export type Annotation =
  | { readonly kind: "metadata"; readonly info: TraceInfo }
  /** A tag without a value is gone. */
  | { readonly kind: "tag"; readonly key: string; readonly value: string | undefined }
  | { readonly kind: "assessment"; readonly assessment: StoredAssessment; readonly isDeleted?: boolean }
  | { readonly kind: "run-link"; readonly runId: string; readonly isDeleted?: boolean };

/** An annotation and the trace that it belongs to. */
export interface AnnotatedTrace {
  readonly otelTraceId: string;
  readonly annotation: Annotation;
}

const metadataValue = (info: TraceInfo, withTimes: boolean) => ({
  client_request_id: info.client_request_id ?? null,
  trace_metadata: info.trace_metadata,
  request_preview: info.request_preview ?? null,
  response_preview: info.response_preview ?? null,
  ...(withTimes
    ? {
        request_time: info.request_time ?? null,
        execution_duration: info.execution_duration ?? null,
        state: info.state ?? null,
      }
    : {}),
});

interface LogEvent {
  readonly name: string;
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const logEvent = (annotation: Annotation): LogEvent => {
  switch (annotation.kind) {
    case "metadata":
      return { name: LogEventName.TRACE_METADATA, body: jsonText(metadataValue(annotation.info, false)) };
    case "tag":
      return {
        name: LogEventName.TRACE_TAG,
        body: jsonText({ key: annotation.key, value: annotation.value ?? null }),
      };
    case "assessment": {
      const { assessment, isDeleted = false } = annotation;
      const attributes = { assessment_id: assessment.assessment_id, deleted: String(isDeleted) };
      return { name: LogEventName.ASSESSMENT, body: jsonText(assessmentBody(assessment)), attributes };
    }
    default: {
      const attributes = { deleted: String(annotation.isDeleted ?? false) };
      return { name: LogEventName.RUN_LINK, body: jsonText({ run_id: annotation.runId }), attributes };
    }
  }
};

const logRow = ({ otelTraceId, annotation }: AnnotatedTrace): Row => {
  const { name, body, attributes = {} } = logEvent(annotation);
  const time = laterUnixNano();
  return {
    event_name: name,
    trace_id: otelTraceId,
    time_unix_nano: time,
    observed_time_unix_nano: time,
    body,
    attributes: encodingOf("v1").attributes(toKeyValues(attributes)),
    dropped_attributes_count: 0,
    flags: 0,
  };
};

const annotationId = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\u0000")).digest("hex").slice(0, 32);

const annotationCells = (otelTraceId: string, annotation: Annotation, location: UnityCatalogLocation): Row => {
  switch (annotation.kind) {
    case "metadata":
      return {
        annotation_id: annotationId(otelTraceId, "METADATA", "metadata"),
        annotation_type: "METADATA",
        name: "metadata",
        value: jsonText(metadataValue(annotation.info, keepsTimesInInfo(location))),
      };
    case "tag":
      return {
        annotation_id: annotationId(otelTraceId, "TAG", annotation.key),
        annotation_type: "TAG",
        name: wellFormed(annotation.key),
        value: jsonText(annotation.value ?? null),
      };
    case "assessment":
      return assessmentCells(otelTraceId, annotation.assessment);
    default:
      return {
        annotation_id: annotationId(otelTraceId, "RUN_LINK", annotation.runId),
        annotation_type: "RUN_LINK",
        name: "run_link",
        value: jsonText(annotation.runId),
      };
  }
};

const isGone = (annotation: Annotation): boolean =>
  annotation.kind === "tag"
    ? annotation.value === undefined
    : annotation.kind !== "metadata" && annotation.isDeleted === true;

const annotationRow = ({ otelTraceId, annotation }: AnnotatedTrace, location: UnityCatalogLocation): Row => {
  const now = timestamp(laterUnixNano());
  return {
    target_type: "TRACE",
    target_id: otelTraceId,
    created_at: now,
    created_by: currentUser,
    ...annotationCells(otelTraceId, annotation, location),
    updated_at: now,
    updated_by: currentUser,
    ...(isGone(annotation) ? { deleted_at: now, deleted_by: currentUser } : {}),
  };
};

/**
 * Records what is said of traces of one location, within the connection's transaction.
 *
 * @returns the rows, in the order of what they say.
 */
export const writeAnnotations = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  annotated: readonly AnnotatedTrace[],
): Promise<readonly Row[]> => {
  const tables = tablesOf(location);
  const generation = generationOf(location);
  if (tables.annotations !== undefined) {
    const target = { table: tables.annotations, kind: "annotations", generation } as const;
    const rows = annotated.map((item) => annotationRow(item, location));
    await appendRows(connection, target, rows);
    return rows;
  }
  const rows = annotated.map(logRow);
  await appendRows(connection, { table: tables.logs, kind: "logs", generation }, rows);
  return rows;
};
