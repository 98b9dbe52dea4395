import { formatLocation, parseLocation, traceInfoLimits, type UnityCatalogLocation } from "@tracelake/wire";
import type { Connection } from "../connection.ts";
import { request } from "../request.ts";
import {
  addressOf,
  locationPath,
  readingRemedies,
  warehouseQuery,
  type TraceAddress,
  type TraceReference,
} from "./trace-address.ts";

const v2Path = (address: TraceAddress): string => `/api/2.0/mlflow/traces/${address.traceId}`;

/**
 * Sets a tag of a trace.
 *
 * @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*`
 */
export const setTraceTag = async (
  connection: Connection,
  { key, value, ...trace }: TraceReference & { readonly key: string; readonly value: string },
): Promise<void> => {
  const address = addressOf(trace);
  await request(connection, {
    method: "PATCH",
    path: `${address.location === undefined ? v2Path(address) : address.path}/tags`,
    ...(address.location === undefined ? {} : { query: warehouseQuery(connection) }),
    body: {
      key: key.slice(0, traceInfoLimits.tagKeyCharacters),
      value: value.slice(0, traceInfoLimits.tagValueCharacters),
    },
    purpose: `Setting the tag ${key} of ${address.traceId}`,
    remedies: readingRemedies(address.location),
  });
};

/**
 * Removes a tag of a trace.
 *
 * @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*`
 */
export const deleteTraceTag = async (
  connection: Connection,
  { key, ...trace }: TraceReference & { readonly key: string },
): Promise<void> => {
  const address = addressOf(trace);
  await request(connection, {
    method: "DELETE",
    ...(address.location === undefined
      ? { path: `${v2Path(address)}/tags`, body: { key } }
      : { path: `${address.path}/tags/${encodeURIComponent(key)}`, query: warehouseQuery(connection) }),
    purpose: `Removing the tag ${key} of ${address.traceId}`,
    remedies: readingRemedies(address.location),
  });
};

/** Traces, and the MLflow run they belong to. */
export interface RunLinkOptions {
  readonly traceIds: readonly string[];
  /** Where the ids do not say. */
  readonly location?: string;
  readonly runId: string;
}

const mostLinked = 100;

type Change = "link" | "unlink";

const changeCatalogLinks = async (
  connection: Connection,
  change: Change,
  {
    location,
    ids,
    runId,
  }: { readonly location: UnityCatalogLocation; readonly ids: readonly string[]; readonly runId: string },
): Promise<void> => {
  for (let from = 0; from < ids.length; from += mostLinked) {
    await request(connection, {
      method: change === "link" ? "POST" : "DELETE",
      path: `${locationPath(location)}/${change === "link" ? "link-to-run/batchCreate" : "unlink-from-run/batchDelete"}`,
      query: warehouseQuery(connection),
      body: { location_id: formatLocation(location), trace_ids: ids.slice(from, from + mostLinked), run_id: runId },
      purpose: `${change === "link" ? "Linking" : "Unlinking"} traces ${change === "link" ? "with" : "from"} the run ${runId}`,
      remedies: readingRemedies(location),
    });
  }
};

const changeLinks = async (connection: Connection, change: Change, options: RunLinkOptions): Promise<void> => {
  const addresses = options.traceIds.map((traceId) => addressOf({ traceId, location: options.location }));
  const places = new Set(addresses.map(({ location }) => location && formatLocation(location)));
  for (const place of places) {
    const here = addresses.filter(({ location }) => (location && formatLocation(location)) === place);
    if (place === undefined) {
      await request(connection, {
        method: "POST",
        path: `/api/2.0/mlflow/traces/${change}-${change === "link" ? "to" : "from"}-run`,
        body: { trace_ids: here.map(({ traceId }) => traceId), run_id: options.runId },
        purpose: `Changing the traces of the run ${options.runId}`,
        remedies: readingRemedies(undefined),
      });
    } else {
      const ids = here.map(({ otelTraceId }) => otelTraceId);
      await changeCatalogLinks(connection, change, { location: parseLocation(place), ids, runId: options.runId });
    }
  }
};

/** Links traces with an MLflow run, a hundred at a time. @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*` */
export const linkTracesToRun = (connection: Connection, options: RunLinkOptions): Promise<void> =>
  changeLinks(connection, "link", options);

/** Undoes {@link linkTracesToRun}. @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*` */
export const unlinkTracesFromRun = (connection: Connection, options: RunLinkOptions): Promise<void> =>
  changeLinks(connection, "unlink", options);
