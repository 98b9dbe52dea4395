import {
  isLoopback,
  unityCatalogExport,
  unityCatalogTraceInfo,
  type Connection,
} from "@tracelake/workspace-client/sending";
import { formatLocation, tablesOf, toTraceLocation, type UnityCatalogLocation } from "@tracelake/wire";
import { toTraceInfo } from "../convert/trace-info.ts";
import { RecordKind } from "../pipeline/ledger.ts";
import { sendRequest } from "./send-request.ts";
import type { OutgoingRequest, RemoteSink } from "./sink.ts";

const traceIdIn = (body: Uint8Array): string =>
  String((JSON.parse(Buffer.from(body).toString("utf8")) as { readonly trace_id?: unknown }).trace_id);

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
    encodeTraceInfo: (trace) =>
      Buffer.from(
        JSON.stringify({ ...toTraceInfo(trace, "unity-catalog"), trace_location: toTraceLocation(location) }),
      ),
    send: (request) => sendRequest(connection, targetOf(request), request),
  };
};
