import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { connectWorkspace } from "./connect-workspace.ts";
import { connectMlflowServer, localWarehouseId, type Connection } from "./connection.ts";
import { defaultLocalLocation, environmentDestination, environmentExperiment } from "./environment-destination.ts";
import { getExperiment, type ExperimentReference } from "./experiments.ts";
import { connectLocalWorkspace } from "./local-server.ts";
import { setExperiment } from "./set-up/trace-locations.ts";

/**
 * The connection to where the environment sends traces: a Databricks workspace, an MLflow server, or the local workspace
 * that a running `tracelake dev` serves.
 *
 * @throws {TracelakeError} `CONFIG_*`, `LOCAL_WORKSPACE_FAILED` where the local workspace is meant and not served.
 */
export const connectEnvironment = async (environment: NodeJS.ProcessEnv = process.env): Promise<Connection> => {
  const destination = environmentDestination(environment);
  switch (destination.type) {
    case "mlflow":
      return connectMlflowServer(destination.trackingUri, environment);
    case "local":
      return connectLocalWorkspace({}, environment);
    default:
      return connectWorkspace({}, environment);
  }
};

/** The experiment of a local workspace whose traces nobody has given another one. */
const localExperimentName = "/Shared/local";

/**
 * The id of the experiment that is meant: the one given, else the one that the environment names. In a local workspace
 * there is always one: that of the traces which agents write without any setting.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_MISSING` where none is named, `WORKSPACE_*`
 */
export const resolveExperimentId = async (
  connection: Connection,
  given?: ExperimentReference,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> => {
  const reference = given ?? environmentExperiment(environment);
  if (reference !== undefined) {
    return "experimentId" in reference
      ? reference.experimentId
      : (await getExperiment(connection, reference)).experiment_id;
  }
  if (connection.service === "local") {
    const experiment = await setExperiment(connection, {
      name: localExperimentName,
      traceLocation: defaultLocalLocation,
      sqlWarehouseId: connection.sqlWarehouseId ?? localWarehouseId,
    });
    return experiment.experiment_id;
  }
  throw new TracelakeError(ErrorCode.CONFIG_DESTINATION_MISSING, {
    failed: "It is not known which experiment is meant",
    seen: "none is given, and neither MLFLOW_EXPERIMENT_ID nor MLFLOW_EXPERIMENT_NAME is set",
    remedy: "Give `experimentId` or `experimentName`, or set MLFLOW_EXPERIMENT_ID.",
  });
};
