import { isLoopback, otlpEndpointOf, otlpExport, type Connection } from "@tracelake/workspace-client/sending";
import { RecordKind } from "../pipeline/ledger.ts";
import { sendRequest } from "./send-request.ts";
import type { RemoteSink, SendOutcome } from "./sink.ts";
import { SendClass } from "../delivery/classify.ts";

// The same endpoint with other headers may be another project, to which nothing that waits for this one must go.
const identityOf = ({ baseUrl }: Connection, headers: Readonly<Record<string, string>>): string => {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (entries.length === 0) return `otlp ${baseUrl}`;
  return `otlp ${baseUrl} ${JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)))}`;
};

/** Takes spans, logs and metrics to any OTLP/HTTP endpoint. What only MLflow knows (tags, previews) has no place there. */
export const createOtlpSink = (connection: Connection, headers: Readonly<Record<string, string>>): RemoteSink => ({
  type: "remote",
  name: connection.baseUrl,
  location: undefined,
  identity: identityOf(connection, headers),
  isLoopback: isLoopback(connection.baseUrl),
  accepts: (kind) => kind !== RecordKind.TRACE_INFOS,
  encodeTraceInfo: () => new Uint8Array(),
  send: async (request): Promise<SendOutcome> => {
    if (request.kind === RecordKind.TRACE_INFOS) return { class: SendClass.TAKEN };
    const baseUrl = otlpEndpointOf(connection.baseUrl, request.kind);
    return sendRequest({ ...connection, baseUrl }, otlpExport(headers, request.kind), request);
  },
});
