import {
  isLoopback,
  mlflowServerExport,
  mlflowServerTraceInfo,
  type Connection,
} from "@tracelake/workspace-client/sending";
import { toExperimentLocation } from "@tracelake/wire";
import { toTraceInfo } from "../convert/trace-info.ts";
import { RecordKind } from "../pipeline/ledger.ts";
import { sendRequest } from "./send-request.ts";
import type { RemoteSink } from "./sink.ts";

/** Takes traces to an experiment of an MLflow server, which has no place for logs and metrics. */
export const createMlflowServerSink = (connection: Connection, experimentId: string): RemoteSink => ({
  type: "remote",
  name: `experiment ${experimentId} at ${connection.baseUrl}`,
  location: undefined,
  identity: `mlflow ${connection.baseUrl} ${experimentId}`,
  isLoopback: isLoopback(connection.baseUrl),
  accepts: (kind) => kind === RecordKind.SPANS || kind === RecordKind.TRACE_INFOS,
  encodeTraceInfo: (trace) => {
    const info = { ...toTraceInfo(trace, "mlflow-server"), trace_location: toExperimentLocation(experimentId) };
    return Buffer.from(JSON.stringify({ trace: { trace_info: info } }));
  },
  send: (request) =>
    sendRequest(
      connection,
      request.kind === RecordKind.TRACE_INFOS ? mlflowServerTraceInfo(experimentId) : mlflowServerExport(experimentId),
      request,
    ),
});
