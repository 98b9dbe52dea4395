import { ErrorCode, parseLocation, TracelakeError } from "@tracelake/wire";

/** Where the environment says that traces go; the forms are those of the exporter's destinations. */
export type EnvironmentDestination =
  | { readonly type: "unity-catalog"; readonly location: string }
  | { readonly type: "experiment"; readonly experimentId?: string; readonly experimentName?: string }
  | { readonly type: "mlflow"; readonly trackingUri: string; readonly experimentId: string }
  | { readonly type: "local" };

/** Where a local workspace keeps traces while nothing names another location. */
export const defaultLocalLocation = "my_catalog.my_schema";

const databricksSettings = [
  "DATABRICKS_HOST",
  "DATABRICKS_TOKEN",
  "DATABRICKS_CLIENT_ID",
  "DATABRICKS_CONFIG_PROFILE",
  "DATABRICKS_APP_NAME",
  "DATABRICKS_RUNTIME_VERSION",
  "DATABRICKS_MODEL_SERVING_HOST_URL",
  "DB_MODEL_SERVING_HOST_URL",
] as const;

const remedy =
  'Set MLFLOW_TRACING_DESTINATION to "catalog.schema" or "catalog.schema.table_prefix" (with DATABRICKS_HOST and DATABRICKS_TOKEN, or other credentials), or MLFLOW_EXPERIMENT_ID to an experiment that is linked with a location, or TRACELAKE_DIRECTORY to keep traces on this machine.';

/** Why nothing may be assumed here; `undefined` on somebody's laptop. */
const reasonAgainstLocal = (environment: NodeJS.ProcessEnv): string | undefined => {
  if (environment["NODE_ENV"] === "production") return "NODE_ENV is production";
  if (/^databricks(:|$)/.test(environment["MLFLOW_TRACKING_URI"] ?? "")) return "MLFLOW_TRACKING_URI names Databricks";
  const setting = databricksSettings.find((name) => (environment[name] ?? "") !== "");
  return setting === undefined ? undefined : `${setting} is set`;
};

const fromTracingDestination = (text: string): EnvironmentDestination => {
  // MLflow reads a plain number here as an experiment.
  if (/^\d+$/.test(text)) return { type: "experiment", experimentId: text };
  parseLocation(text);
  return { type: "unity-catalog", location: text };
};

const fromExperiment = (environment: NodeJS.ProcessEnv): EnvironmentDestination | undefined => {
  const {
    MLFLOW_EXPERIMENT_ID: experimentId,
    MLFLOW_EXPERIMENT_NAME: experimentName,
    MLFLOW_TRACKING_URI: trackingUri,
  } = environment;
  if (/^https?:\/\//.test(trackingUri ?? ""))
    return { type: "mlflow", trackingUri: trackingUri ?? "", experimentId: experimentId ?? "" };
  if (reasonAgainstLocal(environment) === undefined) return undefined;
  if (experimentId) return { type: "experiment", experimentId };
  return experimentName ? { type: "experiment", experimentName } : undefined;
};

/**
 * The destination that the environment names: `MLFLOW_TRACING_DESTINATION`, else the experiment of
 * `MLFLOW_EXPERIMENT_ID` or `MLFLOW_EXPERIMENT_NAME`, else `TRACELAKE_DIRECTORY`, else a local workspace.
 *
 * A local workspace is never a silent fallback: in production, or where any Databricks setting is present, a missing
 * destination is an error. OpenTelemetry's own variables are not read: platforms set them for their own telemetry.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_MISSING` or `CONFIG_DESTINATION_INVALID`
 */
export const environmentDestination = (environment: NodeJS.ProcessEnv = process.env): EnvironmentDestination => {
  const named = environment["MLFLOW_TRACING_DESTINATION"];
  if (named !== undefined) return fromTracingDestination(named);
  const experiment = fromExperiment(environment);
  if (experiment !== undefined) return experiment;
  const reason = reasonAgainstLocal(environment);
  if (reason !== undefined && !environment["TRACELAKE_DIRECTORY"]) {
    throw new TracelakeError(ErrorCode.CONFIG_DESTINATION_MISSING, {
      failed: "There is no destination for traces",
      seen: reason,
      remedy,
    });
  }
  return { type: "local" };
};
