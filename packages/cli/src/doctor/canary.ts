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
  quoteQualifiedName,
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

/** Where the canary flies, and what takes it away again. */
export interface CanaryFlight {
  readonly connection: Connection;
  readonly location: UnityCatalogLocation;
  /** SQL on a local workspace, where a canary would stand among the few traces of a developer; elsewhere it stays. */
  readonly removeBy: SqlClient | undefined;
}

const arrive = async ({ connection, location }: CanaryFlight, otelTraceId: string): Promise<void> => {
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
  await getTrace(connection, { traceId: formatTraceId(otelTraceId, location), waitMillis: longestWaitMillis });
};

const remove = async ({ location, removeBy }: CanaryFlight, otelTraceId: string): Promise<void> => {
  const { spans, logs, annotations } = tablesOf(location);
  const id = { id: otelTraceId };
  await removeBy?.query(`DELETE FROM ${quoteQualifiedName(spans)} WHERE trace_id = :id`, id);
  await removeBy?.query(
    annotations === undefined
      ? `DELETE FROM ${quoteQualifiedName(logs)} WHERE trace_id = :id`
      : `DELETE FROM ${quoteQualifiedName(annotations)} WHERE target_id = :id`,
    id,
  );
};

/**
 * Writes a trace of one span as the exporter does, and waits until it can be read.
 *
 * @returns its id, and how long it took.
 * @throws {TracelakeError} `WORKSPACE_*`, `TRACE_NOT_FOUND` where it was taken but cannot be read.
 */
export const flyCanary = async (
  flight: CanaryFlight,
): Promise<{ readonly traceId: string; readonly elapsedMillis: number }> => {
  const otelTraceId = randomBytes(16).toString("hex");
  const startMillis = performance.now();
  try {
    await arrive(flight, otelTraceId);
  } catch (error) {
    // Why it did not arrive is what counts: what refused to take it in may refuse to let go of it too.
    await remove(flight, otelTraceId).catch(() => undefined);
    throw error;
  }
  const elapsedMillis = performance.now() - startMillis;
  await remove(flight, otelTraceId);
  return { traceId: formatTraceId(otelTraceId, flight.location), elapsedMillis };
};
