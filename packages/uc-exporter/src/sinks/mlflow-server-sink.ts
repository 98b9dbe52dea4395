import { createExperimentTraceInfo, exportSpansToMlflowServer, type Connection } from "@tracelake/workspace-client";
import { toExperimentLocation } from "@tracelake/wire";
import { toTraceInfo } from "../convert/trace-info.ts";
import { encodeSpans } from "../pipeline/records.ts";
import { Delivery, type Sink } from "./sink.ts";

/** Takes traces to an experiment of an MLflow server. */
export const createMlflowServerSink = (connection: Connection, experimentId: string): Sink => ({
  name: `experiment ${experimentId} at ${connection.baseUrl}`,
  location: undefined,
  delivery: Delivery.EXPORTED,
  async sendSpans(records) {
    const answer = await exportSpansToMlflowServer(connection, experimentId, encodeSpans(records, undefined));
    return answer.rejectedSpans;
  },
  async sendTrace(trace) {
    await createExperimentTraceInfo(connection, experimentId, {
      ...toTraceInfo(trace, "mlflow-server"),
      trace_location: toExperimentLocation(experimentId),
    });
  },
  close: async () => {},
});
