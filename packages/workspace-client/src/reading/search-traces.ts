import { setTimeout as sleep } from "node:timers/promises";
import {
  ErrorCode,
  longestTimerMillis,
  parseLocation,
  quoteForMessage,
  toExperimentLocation,
  TracelakeError,
  toTraceLocation,
  type TraceInfo,
  type TraceSearchOperation,
} from "@tracelake/wire";
import { experimentTracePageSchema, tracePageSchema, traceSearchOperationSchema } from "@tracelake/wire/schemas";
import type { Connection } from "../connection.ts";
import { isEndpointMissing } from "../refusal.ts";
import { requestJson, type RequestOptions } from "../request.ts";
import { getTraces, largestBatch } from "./get-trace.ts";
import { toTraceSummary, type Trace, type TraceSummary } from "./trace.ts";
import { readingRemedies, warehouseQuery } from "./trace-address.ts";

/** Which traces, and in which order. */
export interface SearchTracesOptions {
  /** `catalog.schema` or `catalog.schema.table_prefix`. */
  readonly locations?: readonly string[];
  /** Experiments that keep their traces themselves. */
  readonly experimentIds?: readonly string[];
  /**
   * Conditions joined with `AND`, such as ``trace.status = 'ERROR' AND metadata.`mlflow.trace.session` = 's-1'``.
   *
   * @see https://mlflow.org/docs/latest/genai/tracing/search-traces/
   */
  readonly filter?: string;
  /** Such as `["timestamp_ms DESC"]`, which is the default. */
  readonly orderBy?: readonly string[];
  /** How many to read in all. Default all there are. */
  readonly limit?: number;
  /** How many to ask for at once, 500 at most. Default 100. */
  readonly pageSize?: number;
  /** How long a page may take. Default ten minutes. */
  readonly timeoutMillis?: number;
}

interface Page {
  readonly infos: readonly TraceInfo[];
  readonly nextPageToken: string | undefined;
}

const v4Search = "/api/4.0/mlflow/traces/search";
const pollMillis = 1000;
const usualTimeoutMillis = 600_000;
const usualPageSize = 100;

const operationError = ({ error }: TraceSearchOperation): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_REJECTED, {
    failed: "Searching for traces failed",
    seen: `${error?.error_code ?? "no code"} ${quoteForMessage(error?.message ?? "")}`,
    remedy: "Correct the filter as the message says; a smaller range of `timestamp_ms` makes a search faster.",
    answer: { errorCode: error?.error_code, message: error?.message ?? "" },
  });

const tookTooLong = (cause: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_UNAVAILABLE, {
    failed: "Searching for traces took too long",
    seen: "a page has not come in time",
    remedy: "Narrow the filter on `timestamp_ms`, use a larger SQL warehouse, or give a larger `timeoutMillis`.",
    cause,
  });

type Asking = Pick<RequestOptions, "purpose" | "remedies"> & { readonly signal: AbortSignal };

const whenDone = async (connection: Connection, started: TraceSearchOperation, asking: Asking): Promise<Page> => {
  let operation = started;
  while (!operation.done && operation.error === undefined) {
    await sleep(pollMillis, undefined, { signal: asking.signal });
    // Clients put the name into the path as it is.
    const path = `${v4Search}/operations/${started.name ?? ""}`;
    operation = await requestJson(connection, { ...asking, method: "GET", path }, traceSearchOperationSchema);
  }
  if (operation.error !== undefined) throw operationError(operation);
  const { trace_infos: infos = [], next_page_token: nextPageToken } = operation.response ?? {};
  return { infos, nextPageToken };
};

/** Asks for a page. */
type Search = (body: object, signal: AbortSignal) => Promise<Page>;

// A workspace has the long-running search or, where it is older, the plain one.
const catalogSearch = (connection: Connection, options: SearchTracesOptions): Search => {
  const known = { purpose: "Searching for traces", remedies: readingRemedies(locationsOf(options)[0]) };
  let isOlder = false;
  const longRunning: Search = async (body, signal) => {
    const asking = { ...known, signal };
    const path = "/api/4.0/mlflow/traces/search-long-running";
    const started = await requestJson(
      connection,
      { ...asking, method: "POST", path, body },
      traceSearchOperationSchema,
    );
    return whenDone(connection, started, asking);
  };
  const plain: Search = async (body, signal) => {
    const asking = { ...known, signal, timeoutMillis: timeoutMillisOf(options) };
    const answer = await requestJson(connection, { ...asking, method: "POST", path: v4Search, body }, tracePageSchema);
    return { infos: answer.trace_infos, nextPageToken: answer.next_page_token };
  };
  return async (body, signal) => {
    if (isOlder) return plain(body, signal);
    try {
      return await longRunning(body, signal);
    } catch (error) {
      if (!isEndpointMissing(error)) throw error;
      isOlder = true;
      return plain(body, signal);
    }
  };
};

const experimentSearch =
  (connection: Connection, options: SearchTracesOptions): Search =>
  async (body, signal) => {
    const answer = await requestJson(
      connection,
      {
        method: "POST",
        path: "/api/3.0/mlflow/traces/search",
        body,
        purpose: "Searching for traces",
        remedies: readingRemedies(undefined),
        timeoutMillis: timeoutMillisOf(options),
        signal,
      },
      experimentTracePageSchema,
    );
    return { infos: answer.traces, nextPageToken: answer.next_page_token };
  };

const timeoutMillisOf = ({ timeoutMillis = usualTimeoutMillis }: SearchTracesOptions): number =>
  Math.min(timeoutMillis, longestTimerMillis);

/** However many requests and attempts a page takes, it takes them within its time. */
const inTime = async (search: Search, body: object, options: SearchTracesOptions): Promise<Page> => {
  const signal = AbortSignal.timeout(timeoutMillisOf(options));
  try {
    return await search(body, signal);
  } catch (error) {
    throw signal.aborted ? tookTooLong(error) : error;
  }
};

const locationsOf = ({ locations = [] }: SearchTracesOptions) => locations.map(parseLocation);

const bodyOf = (connection: Connection, options: SearchTracesOptions, pageToken: string | undefined): object => {
  const { experimentIds = [], filter, orderBy, pageSize = usualPageSize, limit = pageSize } = options;
  const places = locationsOf(options);
  return {
    locations: [...places.map(toTraceLocation), ...experimentIds.map(toExperimentLocation)],
    max_results: Math.min(pageSize, limit),
    ...(filter === undefined || filter.trim() === "" ? {} : { filter }),
    ...(orderBy === undefined ? {} : { order_by: orderBy }),
    ...(pageToken === undefined ? {} : { page_token: pageToken }),
    ...(places.length === 0 ? {} : warehouseQuery(connection)),
  };
};

const assertPlace = ({ locations = [], experimentIds = [] }: SearchTracesOptions): void => {
  if (locations.length + experimentIds.length > 0) return;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "There is nowhere to search for traces",
    seen: "neither `locations` nor `experimentIds`",
    remedy: 'Give a location such as "catalog.schema.table_prefix", or the id of an experiment.',
  });
};

/**
 * What is known of traces beside their spans, page by page as they are read.
 *
 * @throws {TracelakeError} `CONFIG_*`, or `WORKSPACE_*` with what the workspace says of the filter.
 */
export async function* searchTraceSummaries(
  connection: Connection,
  options: SearchTracesOptions,
): AsyncGenerator<TraceSummary, void, void> {
  assertPlace(options);
  const inCatalog = locationsOf(options).length > 0;
  const search = inCatalog ? catalogSearch(connection, options) : experimentSearch(connection, options);
  let left = options.limit ?? Infinity;
  for (let pageToken: string | undefined; left > 0;) {
    const body = bodyOf(connection, { ...options, limit: left }, pageToken);
    const page = await inTime(search, body, options);
    for (const info of page.infos.slice(0, left)) yield toTraceSummary(info);
    left -= page.infos.length;
    pageToken = page.nextPageToken || undefined;
    if (pageToken === undefined) return;
  }
}

async function* batched(
  summaries: AsyncGenerator<TraceSummary, void, void>,
): AsyncGenerator<readonly TraceSummary[], void, void> {
  let batch: TraceSummary[] = [];
  for await (const summary of summaries) {
    batch.push(summary);
    if (batch.length < largestBatch) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const withSpans = async (connection: Connection, batch: readonly TraceSummary[]): Promise<Trace[]> => {
  const traces = await getTraces(connection, { traceIds: batch.map(({ traceId }) => traceId) });
  const found = new Map(traces.map((trace) => [trace.info.traceId, trace]));
  // Spans that have not come yet are no reason to leave the trace out.
  return batch.map((info) => found.get(info.traceId) ?? { info, spans: [] });
};

/**
 * Traces with their spans, ten at a time as they are read. Where the spans are not needed, {@link searchTraceSummaries}
 * asks for less.
 *
 * @throws {TracelakeError} as {@link searchTraceSummaries}.
 */
export async function* searchTraces(
  connection: Connection,
  options: SearchTracesOptions,
): AsyncGenerator<Trace, void, void> {
  for await (const batch of batched(searchTraceSummaries(connection, options))) {
    yield* await withSpans(connection, batch);
  }
}
