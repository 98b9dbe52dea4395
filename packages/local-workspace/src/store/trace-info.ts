import { createHash } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import {
  LogEventName,
  tablesOf,
  toTraceLocation,
  traceInfoLimits,
  traceInfoSchema,
  type TraceInfo,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { appendRows } from "./append.ts";
import { encodingOf, jsonText, timestamp, wellFormed, type Row } from "./rows/cells.ts";
import { generationOf } from "./schema/generation.ts";
import { traceInfoSql } from "./schema/views.ts";
import { plainValue } from "./values.ts";

let lastUnixNano = 0n;

// The newest of a key wins, so that no two may carry the same time; the tables keep microseconds.
const laterUnixNano = (): bigint => {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastUnixNano = now > lastUnixNano ? now : lastUnixNano + 1000n;
  return lastUnixNano;
};

/** What is known of one trace beside its spans, and where it belongs. */
export interface LocatedTraceInfo {
  readonly location: UnityCatalogLocation;
  readonly otelTraceId: string;
  readonly info: TraceInfo;
}

const logEvent = (traceId: string, eventName: string, body: string): Row => {
  const time = laterUnixNano();
  return {
    event_name: eventName,
    trace_id: traceId,
    time_unix_nano: time,
    observed_time_unix_nano: time,
    body,
    attributes: encodingOf("v1").attributes([]),
    dropped_attributes_count: 0,
    flags: 0,
  };
};

const eventsOf = ({ otelTraceId, info }: LocatedTraceInfo): Row[] => [
  logEvent(
    otelTraceId,
    LogEventName.TRACE_METADATA,
    jsonText({ client_request_id: info.client_request_id ?? null, trace_metadata: info.trace_metadata }),
  ),
  ...Object.entries(info.tags).map(([key, value]) =>
    logEvent(otelTraceId, LogEventName.TRACE_TAG, jsonText({ key, value })),
  ),
];

const annotationId = (...parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\u0000")).digest("hex").slice(0, 32);

const annotation = (traceId: string, type: "METADATA" | "TAG", name: string, value: string): Row => {
  const now = timestamp(laterUnixNano());
  return {
    annotation_id: annotationId(traceId, type, name),
    target_type: "TRACE",
    target_id: traceId,
    annotation_type: type,
    name,
    value,
    created_at: now,
    updated_at: now,
  };
};

const annotationsOf = ({ otelTraceId, info }: LocatedTraceInfo): Row[] => [
  annotation(
    otelTraceId,
    "METADATA",
    "metadata",
    jsonText({
      client_request_id: info.client_request_id ?? null,
      trace_metadata: info.trace_metadata,
      request_preview: info.request_preview ?? null,
      response_preview: info.response_preview ?? null,
    }),
  ),
  ...Object.entries(info.tags).map(([key, value]) => annotation(otelTraceId, "TAG", wellFormed(key), jsonText(value))),
];

/** Records trace infos of one location, within the connection's transaction: the latest of a trace counts. */
export const writeTraceInfos = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  infos: readonly LocatedTraceInfo[],
): Promise<void> => {
  const tables = tablesOf(location);
  const generation = generationOf(location);
  if (tables.annotations !== undefined) {
    const target = { table: tables.annotations, kind: "annotations", generation } as const;
    await appendRows(connection, target, infos.flatMap(annotationsOf));
    return;
  }
  await appendRows(connection, { table: tables.logs, kind: "logs", generation }, infos.flatMap(eventsOf));
};

const previewOf = (text: unknown): string | undefined =>
  typeof text === "string" ? text.slice(0, traceInfoLimits.previewCharacters) : undefined;

/** What is known of a trace, or `undefined` where neither its root span nor its info has come. */
export const readTraceInfo = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  otelTraceId: string,
): Promise<TraceInfo | undefined> => {
  const result = await connection.runAndReadAll(traceInfoSql(tablesOf(location), generationOf(location)), [
    otelTraceId,
  ]);
  const row = result.getRowObjects()[0];
  if (row === undefined || row["is_known"] !== true) return undefined;
  const cells = Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plainValue(value)]));
  const seconds = Number(cells["execution_duration_ms"] ?? 0) / 1000;
  return traceInfoSchema.parse({
    trace_id: otelTraceId,
    trace_location: toTraceLocation(location),
    client_request_id: cells["client_request_id"] ?? undefined,
    request_preview: previewOf(cells["request_preview"]),
    response_preview: previewOf(cells["response_preview"]),
    request_time: cells["request_time"] ?? undefined,
    execution_duration: cells["execution_duration_ms"] === null ? undefined : `${seconds}s`,
    state: cells["state"] ?? "STATE_UNSPECIFIED",
    trace_metadata: cells["trace_metadata"] ?? {},
    tags: cells["tags"] ?? {},
  });
};
