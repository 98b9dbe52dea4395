import { formatLocation, traceInfoLimits, type UnityCatalogLocation } from "@tracelake/wire";
import type { Connection } from "../connection.ts";
import { request } from "../request.ts";
import { chunksOf } from "./chunks.ts";
import {
  addressOf,
  byLocation,
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

interface LinkChange {
  readonly change: Change;
  readonly location: UnityCatalogLocation | undefined;
  readonly chunk: readonly TraceAddress[];
  readonly runId: string;
}

const catalogLinks = (connection: Connection, location: UnityCatalogLocation, { change, chunk, runId }: LinkChange) =>
  ({
    method: change === "link" ? "POST" : "DELETE",
    path: `${locationPath(location)}/${change === "link" ? "link-to-run/batchCreate" : "unlink-from-run/batchDelete"}`,
    query: warehouseQuery(connection),
    body: {
      location_id: formatLocation(location),
      trace_ids: chunk.map(({ otelTraceId }) => otelTraceId),
      run_id: runId,
    },
  }) as const;

const experimentLinks = ({ change, chunk, runId }: LinkChange) =>
  ({
    method: "POST",
    path: `/api/2.0/mlflow/traces/${change === "link" ? "link-to" : "unlink-from"}-run`,
    body: { trace_ids: chunk.map(({ traceId }) => traceId), run_id: runId },
  }) as const;

const changeLinks = async (connection: Connection, change: Change, options: RunLinkOptions): Promise<void> => {
  const { traceIds, location: elsewhere, runId } = options;
  const addresses = traceIds.map((traceId) => addressOf({ traceId, location: elsewhere }));
  for (const here of byLocation(addresses)) {
    const location = here[0]?.location;
    for (const chunk of chunksOf(here, mostLinked)) {
      const changed = { change, location, chunk, runId };
      await request(connection, {
        ...(location === undefined ? experimentLinks(changed) : catalogLinks(connection, location, changed)),
        purpose: change === "link" ? `Linking traces with the run ${runId}` : `Unlinking traces from the run ${runId}`,
        remedies: readingRemedies(location),
      });
    }
  }
};

/** Links traces with an MLflow run, a hundred at a time. @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*` */
export const linkTracesToRun = (connection: Connection, options: RunLinkOptions): Promise<void> =>
  changeLinks(connection, "link", options);

/** Undoes {@link linkTracesToRun}. @throws {TracelakeError} `TRACE_ID_INVALID`, `WORKSPACE_*` */
export const unlinkTracesFromRun = (connection: Connection, options: RunLinkOptions): Promise<void> =>
  changeLinks(connection, "unlink", options);
