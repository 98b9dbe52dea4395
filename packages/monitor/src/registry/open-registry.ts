import {
  connectEnvironment,
  resolveExperimentId,
  type Connection,
  type ExperimentReference,
} from "@tracelake/workspace-client";
import { DatabricksRegistry } from "./databricks-registry.ts";
import { MlflowRegistry } from "./mlflow-registry.ts";
import type { ScorerRegistry } from "./scorer-registry.ts";

/** Whose scorers are meant. What is absent is read from the environment, as the exporter reads it. */
export interface RegistryOptions {
  /** Default: the Databricks workspace, the MLflow server or the local workspace that the environment sends traces to. */
  readonly connection?: Connection | undefined;
  /** Default `MLFLOW_EXPERIMENT_ID`, else `experimentName`. */
  readonly experimentId?: string | undefined;
  /** An absolute path in a Databricks workspace. Default `MLFLOW_EXPERIMENT_NAME`. */
  readonly experimentName?: string | undefined;
}

/** The experiment that is given; the environment names it where none is. */
export const experimentOf = ({ experimentId, experimentName }: RegistryOptions): ExperimentReference | undefined => {
  if (experimentId !== undefined) return { experimentId };
  return experimentName === undefined ? undefined : { experimentName };
};

/** With the experiment that is given, the environment need not name a place for traces as well. */
const environmentWith = (experiment: ExperimentReference | undefined): NodeJS.ProcessEnv => {
  if (experiment === undefined) return process.env;
  return "experimentId" in experiment
    ? { ...process.env, MLFLOW_EXPERIMENT_ID: experiment.experimentId }
    : { ...process.env, MLFLOW_EXPERIMENT_NAME: experiment.experimentName };
};

/** The connection that is given, or that of the environment. @throws {TracelakeError} `CONFIG_*`, `LOCAL_WORKSPACE_FAILED` */
export const connectionOf = async (options: RegistryOptions): Promise<Connection> =>
  options.connection ?? connectEnvironment(environmentWith(experimentOf(options)));

/**
 * The registry that keeps the scorers of an experiment.
 *
 * @throws {TracelakeError} `CONFIG_*` where the settings name no workspace or no experiment, `LOCAL_WORKSPACE_FAILED` where
 *   they mean a local workspace that nobody serves, `WORKSPACE_*`
 */
export const openRegistry = async (options: RegistryOptions = {}): Promise<ScorerRegistry> => {
  const connection = await connectionOf(options);
  const experimentId = await resolveExperimentId(connection, experimentOf(options));
  return connection.service === "mlflow"
    ? new MlflowRegistry(connection, experimentId)
    : new DatabricksRegistry(connection, experimentId);
};
