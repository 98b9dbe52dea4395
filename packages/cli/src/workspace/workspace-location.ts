import {
  defaultLocalLocation,
  environmentExperiment,
  getExperiment,
  traceLocationOf,
  type Connection,
  type ExperimentReference,
} from "@tracelake/workspace-client";
import { ErrorCode, parseLocation, TracelakeError, type UnityCatalogLocation } from "@tracelake/wire";
import { destinationOf, type WorkspaceOptions } from "./open-workspace.ts";

/** An experiment as people write it: its number, or its path. */
const experimentReference = (text: string): ExperimentReference =>
  /^\d+$/.test(text) ? { experimentId: text } : { experimentName: text };

/** The experiment that was given or set; `undefined` where there is none. */
export const experimentOf = (
  { experiment }: { readonly experiment?: string | undefined },
  environment: NodeJS.ProcessEnv,
): ExperimentReference | undefined => {
  if (experiment !== undefined) return experimentReference(experiment);
  return environmentExperiment(environment);
};

/**
 * The experiment that was given or set.
 *
 * @throws {TracelakeError} `COMMAND_USAGE` where there is none.
 */
export const requiredExperiment = (
  options: { readonly experiment?: string | undefined },
  environment: NodeJS.ProcessEnv,
): ExperimentReference => {
  const reference = experimentOf(options, environment);
  if (reference !== undefined) return reference;
  throw new TracelakeError(ErrorCode.COMMAND_USAGE, {
    failed: "It is not known which experiment is meant",
    seen: "no --experiment",
    remedy: "Give --experiment <id or path>, or set MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME.",
  });
};

const locationMissing = (): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_DESTINATION_MISSING, {
    failed: "It is not known which trace location is meant",
    seen: "neither --location nor MLFLOW_TRACING_DESTINATION nor an experiment",
    remedy: "Give --location <catalog.schema[.prefix]>, or --experiment <id or path>.",
  });

/**
 * The location that is meant: the one given, that of the experiment given, or the one that the environment sends traces to.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_*`, `WORKSPACE_*`
 */
export const workspaceLocation = async (
  connection: Connection,
  options: WorkspaceOptions & {
    readonly location?: UnityCatalogLocation | undefined;
    readonly experiment?: string | undefined;
  },
  environment: NodeJS.ProcessEnv,
): Promise<UnityCatalogLocation> => {
  if (options.location !== undefined) return options.location;
  if (options.experiment !== undefined) {
    return traceLocationOf(await getExperiment(connection, experimentReference(options.experiment)));
  }
  const destination = destinationOf(options, environment);
  switch (destination?.type) {
    case "unity-catalog":
      return parseLocation(destination.location);
    case "local":
      return parseLocation(defaultLocalLocation);
    case "experiment": {
      const { experimentId, experimentName = "" } = destination;
      const reference = experimentId === undefined ? { experimentName } : { experimentId };
      return traceLocationOf(await getExperiment(connection, reference));
    }
    default:
      throw locationMissing();
  }
};
