import {
  isLoopback,
  unityCatalogExport,
  unityCatalogTraceInfo,
  type Connection,
} from "@tracelake/workspace-client/sending";
import { formatLocation, tablesOf, type UnityCatalogLocation } from "@tracelake/wire";
import { encodeCatalogTraceInfo, traceIdIn } from "../convert/catalog-trace-info.ts";
import { RecordKind } from "../pipeline/ledger.ts";
import { sendRequest } from "./send-request.ts";
import type { OutgoingRequest, RemoteSink } from "./sink.ts";

/** Takes traces, logs and metrics to the tables of a Unity Catalog location. */
export const createUnityCatalogSink = (connection: Connection, location: UnityCatalogLocation): RemoteSink => {
  const targetOf = ({ kind, body }: OutgoingRequest) =>
    kind === RecordKind.TRACE_INFOS
      ? unityCatalogTraceInfo(location, traceIdIn(body))
      : unityCatalogExport(location, kind);
  return {
    type: "remote",
    name: tablesOf(location).spans,
    location,
    identity: `unity-catalog ${connection.baseUrl} ${formatLocation(location)}`,
    isLoopback: isLoopback(connection.baseUrl),
    accepts: () => true,
    encodeTraceInfo: (trace) => encodeCatalogTraceInfo(trace, location),
    send: (request) => sendRequest(connection, targetOf(request), request),
  };
};
