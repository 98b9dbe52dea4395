import { ErrorCode, parseLocation, TracelakeError } from "@tracelake/wire";
import { readProfile } from "./credentials/profile.ts";
import type { ExperimentReference } from "./experiments.ts";

/** Where the environment says that traces go; the forms are those of the exporter's destinations. */
export type EnvironmentDestination =
  | { readonly type: "unity-catalog"; readonly location: string }
  | { readonly type: "experiment"; readonly experimentId?: string; readonly experimentName?: string }
  | {
      readonly type: "mlflow";
      readonly trackingUri: string;
      readonly experimentId?: string;
      readonly experimentName?: string;
    }
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

// MLflow reads a plain number as an experiment.
const isExperimentId = (text: string): boolean => /^\d+$/.test(text);

/**
 * The experiment that the environment names: a number in `MLFLOW_TRACING_DESTINATION`, else `MLFLOW_EXPERIMENT_ID`, else
 * `MLFLOW_EXPERIMENT_NAME`; `undefined` where it names none.
 */
export const environmentExperiment = (
  environment: NodeJS.ProcessEnv = process.env,
): ExperimentReference | undefined => {
  const {
    MLFLOW_TRACING_DESTINATION: destination = "",
    MLFLOW_EXPERIMENT_ID: experimentId,
    MLFLOW_EXPERIMENT_NAME: experimentName,
  } = environment;
  if (isExperimentId(destination)) return { experimentId: destination };
  if (experimentId) return { experimentId };
  return experimentName ? { experimentName } : undefined;
};

// Whoever names an experiment means a workspace, and where no setting says which, the usual profile does.
const isInWorkspace = (environment: NodeJS.ProcessEnv): boolean =>
  reasonAgainstLocal(environment) !== undefined ||
  isExperimentId(environment["MLFLOW_TRACING_DESTINATION"] ?? "") ||
  (!environment["TRACELAKE_DIRECTORY"] && Boolean(readProfile(undefined, environment)?.settings.get("host")));

const fromExperiment = (environment: NodeJS.ProcessEnv): EnvironmentDestination | undefined => {
  const experiment = environmentExperiment(environment);
  const { MLFLOW_TRACKING_URI: trackingUri = "" } = environment;
  if (/^https?:\/\//.test(trackingUri)) return { type: "mlflow", trackingUri, ...experiment };
  return experiment !== undefined && isInWorkspace(environment) ? { type: "experiment", ...experiment } : undefined;
};

/**
 * The destination that the environment names: `MLFLOW_TRACING_DESTINATION`, else the experiment of
 * `MLFLOW_EXPERIMENT_ID` or `MLFLOW_EXPERIMENT_NAME`, else `TRACELAKE_DIRECTORY`, else a local workspace. An experiment is
 * that of the MLflow server or the workspace that settings or the `DEFAULT` profile name; where none does, traces are local.
 *
 * A local workspace is never a silent fallback: in production, or where any Databricks setting is present, a missing
 * destination is an error. A profile alone is none: who has it may still work locally. OpenTelemetry's own variables are not read: platforms set them for their own telemetry.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_MISSING` or `CONFIG_DESTINATION_INVALID`
 */
export const environmentDestination = (environment: NodeJS.ProcessEnv = process.env): EnvironmentDestination => {
  const named = environment["MLFLOW_TRACING_DESTINATION"];
  if (named && !isExperimentId(named)) {
    parseLocation(named);
    return { type: "unity-catalog", location: named };
  }
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
