import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { previewOf, tablesOf, traceInfoLimits, type TraceInfo, type UnityCatalogLocation } from "@tracelake/wire";
import { traceInfoSchema } from "@tracelake/wire/schemas";
import { generationOf } from "../schema/generation.ts";
import { traceFacts, tracesWithIds } from "../schema/trace-facts.ts";
import { plainValue } from "../values.ts";
import { writeAnnotations, type AnnotatedTrace } from "./annotations.ts";
import { completeAssessment, readAssessments } from "./assessments.ts";
import { identityOf } from "./experiment-location.ts";

/** What is known of one trace beside its spans, and where it belongs. */
export interface LocatedTraceInfo {
  readonly location: UnityCatalogLocation;
  readonly otelTraceId: string;
  readonly info: TraceInfo;
}

const annotationsOf = ({ otelTraceId, info }: LocatedTraceInfo): AnnotatedTrace[] => [
  { otelTraceId, annotation: { kind: "metadata", info } },
  ...Object.entries(info.tags).map(([key, value]): AnnotatedTrace => ({
    otelTraceId,
    annotation: { kind: "tag", key, value },
  })),
  ...(info.assessments ?? []).map((assessment): AnnotatedTrace => ({
    otelTraceId,
    annotation: { kind: "assessment", assessment: completeAssessment(assessment) },
  })),
];

/** Records trace infos of one location, within the connection's transaction: the latest of a trace counts. */
export const writeTraceInfos = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  infos: readonly LocatedTraceInfo[],
): Promise<void> => {
  await writeAnnotations(connection, location, infos.flatMap(annotationsOf));
};

const durationText = (millis: unknown): string | undefined =>
  typeof millis === "number" ? `${Number((millis / 1000).toFixed(9))}s` : undefined;

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const infoOf = (row: Readonly<Record<string, DuckDBValue>>, location: UnityCatalogLocation): TraceInfo => {
  const cells: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, plainValue(value)]),
  );
  const { previewCharacters } = traceInfoLimits;
  return traceInfoSchema.parse({
    ...identityOf(textOf(cells["trace_id"]) ?? "", location),
    client_request_id: textOf(cells["client_request_id"]),
    request_preview: textOf(cells["request_preview"]) ?? previewOf(textOf(cells["request"]), "user", previewCharacters),
    response_preview:
      textOf(cells["response_preview"]) ?? previewOf(textOf(cells["response"]), "assistant", previewCharacters),
    request_time: textOf(cells["request_time"]),
    execution_duration: durationText(cells["execution_duration_ms"]),
    state: cells["state"],
    trace_metadata: cells["trace_metadata"],
    tags: cells["tags"],
  });
};

/** What is known of traces, by their ids; those of which nothing is known are left out. */
export const readTraceInfos = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  otelTraceIds: readonly string[],
): Promise<Map<string, TraceInfo>> => {
  if (otelTraceIds.length === 0) return new Map();
  const facts = traceFacts(tablesOf(location), generationOf(location), tracesWithIds(otelTraceIds));
  const found = await connection.runAndReadAll(`WITH ${facts} SELECT * FROM facts`);
  const assessments = await readAssessments(connection, location, otelTraceIds);
  return new Map(
    found.getRowObjects().map((row) => {
      const otelTraceId = String(row["trace_id"]);
      const info = infoOf(row, location);
      const said = assessments.get(otelTraceId);
      return [otelTraceId, said === undefined ? info : { ...info, assessments: said }];
    }),
  );
};
