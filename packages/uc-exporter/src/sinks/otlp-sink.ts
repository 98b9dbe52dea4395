import { isLoopback, otlpEndpointOf, otlpExport, type Connection } from "@tracelake/workspace-client/sending";
import { RecordKind } from "../pipeline/ledger.ts";
import { sendRequest } from "./send-request.ts";
import type { RemoteSink, SendOutcome } from "./sink.ts";
import { SendClass } from "../delivery/classify.ts";

/** Takes spans, logs and metrics to any OTLP/HTTP endpoint. What only MLflow knows (tags, previews) has no place there. */
export const createOtlpSink = (connection: Connection, headers: Readonly<Record<string, string>>): RemoteSink => ({
  type: "remote",
  name: connection.baseUrl,
  location: undefined,
  identity: `otlp ${connection.baseUrl}`,
  isLoopback: isLoopback(connection.baseUrl),
  accepts: (kind) => kind !== RecordKind.TRACE_INFOS,
  encodeTraceInfo: () => new Uint8Array(),
  send: async (request): Promise<SendOutcome> => {
    if (request.kind === RecordKind.TRACE_INFOS) return { class: SendClass.TAKEN };
    const baseUrl = otlpEndpointOf(connection.baseUrl, request.kind);
    return sendRequest({ ...connection, baseUrl }, otlpExport(headers, request.kind), request);
  },
});
