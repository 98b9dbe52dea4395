import {
  connectMlflowServer,
  connectWorkspace,
  defaultLocalLocation,
  normalizeBaseUrl,
} from "@tracelake/workspace-client/sending";
import { parseLocation } from "@tracelake/wire";
import { optionInvalid } from "../option-invalid.ts";
import { createJournalSink } from "../sinks/journal-sink.ts";
import { createMlflowServerSink } from "../sinks/mlflow-server-sink.ts";
import { createOtlpSink } from "../sinks/otlp-sink.ts";
import type { SinkSource } from "../pipeline/lane.ts";
import type { Sink } from "../sinks/sink.ts";
import { createUnityCatalogSink } from "../sinks/unity-catalog-sink.ts";
import type {
  Destination,
  ExperimentDestination,
  LocalDestination,
  MlflowDestination,
  OtlpDestination,
  UnityCatalogDestination,
} from "./destination.ts";

const defaultDirectory = ".tracelake";

const unityCatalog = (destination: UnityCatalogDestination, environment: NodeJS.ProcessEnv): Sink => {
  const location = parseLocation(destination.location);
  return createUnityCatalogSink(connectWorkspace(destination, environment), location);
};

const referenceOf = (
  { experimentId, experimentName }: Pick<ExperimentDestination, "experimentId" | "experimentName">,
  remedy: string,
): { readonly experimentId: string } | { readonly experimentName: string } => {
  if (experimentId !== undefined) return { experimentId };
  if (experimentName) return { experimentName };
  throw optionInvalid("The experiment is not named", experimentName, remedy);
};

const experiment = (destination: ExperimentDestination, environment: NodeJS.ProcessEnv): (() => Promise<Sink>) => {
  const connection = connectWorkspace(destination, environment);
  const reference = referenceOf(destination, "Give `experimentId`, or `experimentName` as an absolute path.");
  return async () => {
    // What reads answers is loaded by those who need it.
    const { getExperiment, traceLocationOf } = await import("@tracelake/workspace-client");
    return createUnityCatalogSink(connection, traceLocationOf(await getExperiment(connection, reference)));
  };
};

const mlflow = (destination: MlflowDestination, environment: NodeJS.ProcessEnv): SinkSource => {
  const connection = connectMlflowServer(destination.trackingUri, environment);
  const reference = referenceOf(
    destination,
    "Set MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME, or give `experimentId` or `experimentName`.",
  );
  if ("experimentName" in reference) {
    return async () => {
      const { getExperiment } = await import("@tracelake/workspace-client");
      return createMlflowServerSink(connection, (await getExperiment(connection, reference)).experiment_id);
    };
  }
  const { experimentId } = reference;
  if (!/^\d{1,40}$/.test(experimentId)) {
    throw optionInvalid(
      "The experiment id cannot be used",
      experimentId,
      "Set MLFLOW_EXPERIMENT_ID, or `experimentId`, to the number of an experiment of the MLflow server.",
    );
  }
  return createMlflowServerSink(connection, experimentId);
};

const otlp = ({ endpoint, headers = {} }: OtlpDestination): Sink =>
  createOtlpSink(
    {
      baseUrl: normalizeBaseUrl(endpoint, "`endpoint`"),
      credentialSource: "the `headers` option",
      authorization: () => undefined,
    },
    headers,
  );

const local = ({ directory, location }: LocalDestination, environment: NodeJS.ProcessEnv): Sink =>
  createJournalSink(
    directory ?? (environment["TRACELAKE_DIRECTORY"] || defaultDirectory),
    parseLocation(location ?? defaultLocalLocation),
  );

/**
 * What takes records to a destination; a function that finds it out where the destination must be asked for first.
 *
 * @throws {TracelakeError} `CONFIG_*`, for everything that can be seen without asking anybody.
 */
export const createSink = (destination: Destination, environment: NodeJS.ProcessEnv = process.env): SinkSource => {
  if (typeof destination === "string")
    return unityCatalog({ type: "unity-catalog", location: destination }, environment);
  switch (destination?.type) {
    case "unity-catalog":
      return unityCatalog(destination, environment);
    case "experiment":
      return experiment(destination, environment);
    case "mlflow":
      return mlflow(destination, environment);
    case "otlp":
      return otlp(destination);
    case "local":
      return local(destination, environment);
    default:
      throw optionInvalid(
        "The destination cannot be used",
        (destination as { readonly type?: unknown } | null)?.type,
        'Give a location as text, or an object whose `type` is "unity-catalog", "experiment", "mlflow", "otlp" or "local".',
      );
  }
};
