import {
  ErrorCode,
  formatLocation,
  formatTraceId,
  locationPathSegment,
  parseLocation,
  parseTraceId,
  quoteForMessage,
  TracelakeError,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { Connection } from "../connection.ts";

/** Which trace is meant. */
export interface TraceReference {
  /** `trace:/<location>/<32 hex>`, `tr-<32 hex>`, or the 32 hexadecimal characters alone beside `location`. */
  readonly traceId: string;
  /** `catalog.schema` or `catalog.schema.table_prefix`, where the id does not say. */
  readonly location?: string | undefined;
}

/** Where the trace API knows a trace: V4 below a Unity Catalog location, V3 by its `tr-` id. */
export interface TraceAddress {
  /** MLflow's id. */
  readonly traceId: string;
  readonly otelTraceId: string;
  readonly location: UnityCatalogLocation | undefined;
  /** The path of the trace in its version of the API. */
  readonly path: string;
}

const v4Path = "/api/4.0/mlflow/traces";

/** The path of the calls for all traces of a location. */
export const locationPath = (location: UnityCatalogLocation): string => `${v4Path}/${locationPathSegment(location)}`;

/**
 * Where a trace is asked for.
 *
 * @throws {TracelakeError} `TRACE_ID_INVALID`, also for a bare id without a location: such an id would silently be sought
 * where no trace is.
 */
export const addressOf = ({ traceId, location }: TraceReference): TraceAddress => {
  const parsed = parseTraceId(traceId);
  const place = parsed.location ?? (location === undefined ? undefined : parseLocation(location));
  const { otelTraceId } = parsed;
  if (place !== undefined) {
    const path = `${locationPath(place)}/${otelTraceId}`;
    return { traceId: formatTraceId(otelTraceId, place), otelTraceId, location: place, path };
  }
  if (traceId.startsWith("tr-")) {
    return { traceId, otelTraceId, location: undefined, path: `/api/3.0/mlflow/traces/${traceId}` };
  }
  throw new TracelakeError(ErrorCode.TRACE_ID_INVALID, {
    failed: "The trace id does not say where the trace is",
    seen: quoteForMessage(traceId),
    remedy: `Write "trace:/<catalog.schema[.table_prefix]>/${otelTraceId}", or give \`location\` beside it; an experiment's own trace is "tr-${otelTraceId}".`,
  });
};

/** The addresses in lists of one location each. */
export const byLocation = (addresses: readonly TraceAddress[]): TraceAddress[][] => {
  const lists = new Map<string, TraceAddress[]>();
  for (const address of addresses) {
    const place = address.location === undefined ? "" : locationPath(address.location);
    const known = lists.get(place);
    if (known === undefined) lists.set(place, [address]);
    else known.push(address);
  }
  return [...lists.values()];
};

/** What every call for Unity Catalog names, where it is known. */
export const warehouseQuery = ({ sqlWarehouseId }: Connection): Readonly<Record<string, string>> =>
  sqlWarehouseId === undefined ? {} : { sql_warehouse_id: sqlWarehouseId };

/** What a refusal to read or change traces means. */
export const readingRemedies = (location: UnityCatalogLocation | undefined): Readonly<Record<403 | 404, string>> => {
  if (location === undefined) {
    return {
      403: "Give the owner of the credentials CAN READ, for changes CAN EDIT, on the experiment.",
      404: "Check the id, and that the host is the one that the trace was written to.",
    };
  }
  return {
    403: `Give the owner of the credentials SELECT, for changes also MODIFY, on the tables of ${formatLocation(location)}, and CAN USE on the SQL warehouse: run \`tracelake grant\`.`,
    404: `Check the id, and that ${formatLocation(location)} is in this workspace. A trace can be read some seconds after it was sent.`,
  };
};
