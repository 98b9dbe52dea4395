import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, TracelakeError, type UnityCatalogLocation } from "@tracelake/wire";
import { traceAnswerSchema, traceBatchSchema } from "@tracelake/wire/schemas";
import type { Connection } from "../connection.ts";
import { requestJson } from "../request.ts";
import { chunksOf } from "./chunks.ts";
import { toTraceSpan, toTraceSummary, type Trace } from "./trace.ts";
import {
  addressOf,
  byLocation,
  locationPath,
  readingRemedies,
  warehouseQuery,
  type TraceAddress,
  type TraceReference,
} from "./trace-address.ts";

/** Which trace to read, and how long to look for it. */
export interface GetTraceOptions extends TraceReference {
  /** How long to look for a trace that is not there yet: rows appear some seconds after they were sent. Default 0. */
  readonly waitMillis?: number;
}

const firstPauseMillis = 250;
const longestPauseMillis = 5000;
/** As many as MLflow's own client asks for at once. */
export const largestBatch = 10;

type TraceMessage = { readonly trace_info: Parameters<typeof toTraceSummary>[0]; readonly spans: readonly unknown[] };

const toTrace = ({ trace_info: info, spans }: TraceMessage, location?: UnityCatalogLocation): Trace => ({
  info: toTraceSummary(info, location),
  spans: spans.map(toTraceSpan),
});

/** Traces of a location by their bare ids, at most {@link largestBatch}; unknown ones are absent. */
const getTraceBatch = async (
  connection: Connection,
  location: UnityCatalogLocation,
  otelTraceIds: readonly string[],
): Promise<Trace[]> => {
  // An array repeats its name in a query.
  const query = new URLSearchParams(warehouseQuery(connection));
  for (const id of otelTraceIds) query.append("trace_ids", id);
  const answer = await requestJson(
    connection,
    {
      method: "GET",
      path: `${locationPath(location)}/batchGet?${query.toString()}`,
      purpose: "Reading traces",
      remedies: readingRemedies(location),
    },
    traceBatchSchema,
  );
  return answer.traces.map((message) => toTrace(message, location));
};

const getExperimentTrace = async (connection: Connection, { traceId }: TraceAddress): Promise<Trace | undefined> => {
  try {
    const answer = await requestJson(
      connection,
      {
        method: "GET",
        path: "/api/3.0/mlflow/traces/get",
        query: { trace_id: traceId },
        purpose: `Reading the trace ${traceId}`,
        remedies: readingRemedies(undefined),
      },
      traceAnswerSchema,
    );
    return toTrace(answer.trace);
  } catch (error) {
    const isMissing = TracelakeError.isInstance(error) && error.answer?.errorCode === "RESOURCE_DOES_NOT_EXIST";
    if (isMissing) return undefined;
    throw error;
  }
};

const findTrace = async (connection: Connection, address: TraceAddress): Promise<Trace | undefined> =>
  address.location === undefined
    ? getExperimentTrace(connection, address)
    : (await getTraceBatch(connection, address.location, [address.otelTraceId]))[0];

/**
 * Reads a trace with its spans.
 *
 * @throws {TracelakeError} `TRACE_NOT_FOUND`, `TRACE_ID_INVALID`, or `WORKSPACE_*` as for any request.
 */
export const getTrace = async (connection: Connection, options: GetTraceOptions): Promise<Trace> => {
  const address = addressOf(options);
  const giveUpAtMillis = Date.now() + (options.waitMillis ?? 0);
  for (let pauseMillis = firstPauseMillis; ; pauseMillis = Math.min(pauseMillis * 2, longestPauseMillis)) {
    const trace = await findTrace(connection, address);
    if (trace !== undefined) return trace;
    if (Date.now() + pauseMillis > giveUpAtMillis) {
      throw new TracelakeError(ErrorCode.TRACE_NOT_FOUND, {
        failed: "The trace was not found",
        seen: address.traceId,
        remedy: readingRemedies(address.location)[404],
      });
    }
    await sleep(pauseMillis);
  }
};

/** Which traces to read, and how many in one request. */
export interface GetTracesOptions {
  /** `trace:/<location>/<32 hex>` or `tr-<32 hex>`. */
  readonly traceIds: readonly string[];
  /** How many traces of Unity Catalog to ask for at once. Default 10, as many as MLflow's own client asks for. */
  readonly batchSize?: number;
}

const readChunk = async (connection: Connection, chunk: readonly TraceAddress[]): Promise<Trace[]> => {
  const location = chunk[0]?.location;
  if (location === undefined) {
    const found = await Promise.all(chunk.map((address) => getExperimentTrace(connection, address)));
    return found.filter((trace) => trace !== undefined);
  }
  return getTraceBatch(
    connection,
    location,
    chunk.map(({ otelTraceId }) => otelTraceId),
  );
};

/**
 * Reads traces with their spans, in no order; those that are not there are absent.
 *
 * @throws {TracelakeError} `TRACE_ID_INVALID`, or `WORKSPACE_*` as for any request.
 */
export const getTraces = async (
  connection: Connection,
  { traceIds, batchSize = largestBatch }: GetTracesOptions,
): Promise<Trace[]> => {
  const found: Trace[] = [];
  for (const addresses of byLocation(traceIds.map((traceId) => addressOf({ traceId })))) {
    for (const chunk of chunksOf(addresses, batchSize)) found.push(...(await readChunk(connection, chunk)));
  }
  return found;
};
