import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import {
  createTraceInfo,
  exportSpansToUnityCatalog,
  getTrace,
  type Connection,
  type SqlClient,
} from "@tracelake/workspace-client";
import {
  encodeTraceRequest,
  formatTraceId,
  SpanAttributeKey,
  SpanKind,
  StatusCode,
  tablesOf,
  toKeyValues,
  toTraceLocation,
  TraceMetadataKey,
  TraceTagKey,
  type UnityCatalogLocation,
} from "@tracelake/wire";

const name = "tracelake.doctor";
const longestWaitMillis = 60_000;

const canaryRequest = (location: UnityCatalogLocation, otelTraceId: string): Uint8Array => {
  const nowUnixNano = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: otelTraceId,
    spanId: randomBytes(8).toString("hex"),
    name,
    kind: SpanKind.SPAN_KIND_INTERNAL,
    startTimeUnixNano: nowUnixNano,
    endTimeUnixNano: nowUnixNano + 1_000_000n,
    attributes: toKeyValues({
      [SpanAttributeKey.TRACE_REQUEST_ID]: formatTraceId(otelTraceId, location),
      [SpanAttributeKey.SPAN_TYPE]: "UNKNOWN",
      [SpanAttributeKey.INPUTS]: { question: "Do traces arrive?" },
      [SpanAttributeKey.OUTPUTS]: "They do.",
    }),
    events: [],
    links: [],
    status: { code: StatusCode.STATUS_CODE_OK },
  };
  const resource = { attributes: toKeyValues({ "service.name": name, "host.name": hostname() }) };
  return encodeTraceRequest({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
};

/**
 * Writes a trace of one span as the exporter does, and waits until it can be read.
 *
 * @returns its id, and how long it took.
 * @throws {TracelakeError} `WORKSPACE_*`, `TRACE_NOT_FOUND` where it was taken but cannot be read.
 */
export const flyCanary = async (
  connection: Connection,
  location: UnityCatalogLocation,
): Promise<{ readonly traceId: string; readonly otelTraceId: string; readonly elapsedMillis: number }> => {
  const otelTraceId = randomBytes(16).toString("hex");
  const traceId = formatTraceId(otelTraceId, location);
  const startMillis = performance.now();
  await exportSpansToUnityCatalog(connection, location, canaryRequest(location, otelTraceId));
  await createTraceInfo(connection, location, {
    trace_id: otelTraceId,
    trace_location: toTraceLocation(location),
    request_time: new Date().toISOString(),
    execution_duration: "0.001s",
    state: "OK",
    trace_metadata: { [TraceMetadataKey.SCHEMA_VERSION]: "4" },
    tags: { [TraceTagKey.NAME]: name },
  });
  await getTrace(connection, { traceId, waitMillis: longestWaitMillis });
  return { traceId, otelTraceId, elapsedMillis: performance.now() - startMillis };
};

/** Takes the canary out of a local workspace again, where it would stand among the few traces of a developer. */
export const removeCanary = async (
  sql: SqlClient,
  location: UnityCatalogLocation,
  otelTraceId: string,
): Promise<void> => {
  const { spans, logs, annotations } = tablesOf(location);
  const quoted = (table: string): string =>
    table
      .split(".")
      .map((part) => `\`${part}\``)
      .join(".");
  await sql.query(`DELETE FROM ${quoted(spans)} WHERE trace_id = :id`, { id: otelTraceId });
  await sql.query(
    annotations === undefined
      ? `DELETE FROM ${quoted(logs)} WHERE trace_id = :id`
      : `DELETE FROM ${quoted(annotations)} WHERE target_id = :id`,
    { id: otelTraceId },
  );
};
