import {
  ErrorCode,
  ExperimentTagKey,
  locationOfTable,
  parseLocation,
  quoteForMessage,
  TracelakeError,
  type Experiment,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { experimentAnswerSchema, experimentCreatedSchema } from "@tracelake/wire/schemas";
import type { Connection } from "./connection.ts";
import { request, requestJson } from "./request.ts";

/** How an experiment is named: by its id, or by its absolute path in the workspace. */
export type ExperimentReference = { readonly experimentId: string } | { readonly experimentName: string };

/**
 * Reads an experiment.
 *
 * @throws {TracelakeError} `WORKSPACE_NOT_FOUND` where there is none, other `WORKSPACE_*` as for any request.
 */
export const getExperiment = async (connection: Connection, reference: ExperimentReference): Promise<Experiment> => {
  const isById = "experimentId" in reference;
  const answer = await requestJson(
    connection,
    {
      method: "GET",
      path: isById ? "/api/2.0/mlflow/experiments/get" : "/api/2.0/mlflow/experiments/get-by-name",
      query: isById ? { experiment_id: reference.experimentId } : { experiment_name: reference.experimentName },
      purpose: `Reading the experiment ${isById ? reference.experimentId : reference.experimentName}`,
      remedies: {
        403: "Give the owner of the token CAN READ on the experiment.",
        404: "Set MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME to an experiment that is there; in a Databricks workspace a name is an absolute path such as /Shared/agents.",
      },
    },
    experimentAnswerSchema,
  );
  return answer.experiment;
};

/**
 * Where Databricks keeps the traces of an experiment, from the tags it sets when a location is linked; `undefined` where
 * none is.
 */
export const linkedLocationOf = (experiment: Experiment): UnityCatalogLocation | undefined => {
  const tag = (key: string): string | undefined => experiment.tags.find((candidate) => candidate.key === key)?.value;
  const spansTable = tag(ExperimentTagKey.SPANS_TABLE);
  const named = spansTable === undefined ? undefined : locationOfTable(spansTable)?.location;
  const path = tag(ExperimentTagKey.TRACE_DESTINATION_PATH);
  return named ?? (path === undefined ? undefined : parseLocation(path));
};

/**
 * {@link linkedLocationOf}, for those who need one.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_MISSING` where no location is linked.
 */
export const traceLocationOf = (experiment: Experiment): UnityCatalogLocation => {
  const linked = linkedLocationOf(experiment);
  if (linked !== undefined) return linked;
  throw new TracelakeError(ErrorCode.CONFIG_DESTINATION_MISSING, {
    failed: "The experiment keeps no traces in Unity Catalog",
    seen: `experiment ${experiment.experiment_id} (${experiment.name}) has no tag ${ExperimentTagKey.TRACE_DESTINATION_PATH}`,
    remedy: `Link the experiment with a trace location before its first trace: tracelake link --experiment ${experiment.experiment_id} <catalog.schema[.prefix]>, or set MLFLOW_TRACING_DESTINATION.`,
  });
};

/** What a new experiment is called and bears. */
export interface CreateExperimentOptions {
  /** In a Databricks workspace an absolute path such as `/Shared/support-agent`. */
  readonly name: string;
  /** A URI below which artifacts are kept. Default: the service's own. */
  readonly artifactLocation?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const creationRemedy = (name: string): string => {
  const folder = name.startsWith("/") ? name.slice(0, name.lastIndexOf("/")) : "";
  return folder === ""
    ? 'Give the name as an absolute path of the workspace, such as "/Shared/support-agent".'
    : `Check that the folder ${folder} exists and that you may write to it; make it with: databricks workspace mkdirs ${folder}`;
};

/**
 * Creates an experiment.
 *
 * @returns its id.
 * @throws {TracelakeError} `WORKSPACE_*`: also where the folder is missing, or an experiment of that name is there.
 */
export const createExperiment = async (connection: Connection, options: CreateExperimentOptions): Promise<string> => {
  const { name, artifactLocation, tags = {} } = options;
  const purpose = `Creating the experiment ${name}`;
  try {
    const answer = await requestJson(
      connection,
      {
        method: "POST",
        path: "/api/2.0/mlflow/experiments/create",
        body: {
          name,
          ...(artifactLocation === undefined ? {} : { artifact_location: artifactLocation }),
          tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        },
        purpose,
        remedies: { 403: creationRemedy(name), 404: creationRemedy(name) },
      },
      experimentCreatedSchema,
    );
    return answer.experiment_id;
  } catch (error) {
    if (!TracelakeError.isInstance(error) || error.answer?.errorCode === "RESOURCE_ALREADY_EXISTS") throw error;
    // Workspaces answer a missing folder, and a name that is no path, with different codes.
    const isPlace = /parent|director|folder|absolute path/i.test(error.answer?.message ?? "");
    if (!isPlace || error.answer === undefined) throw error;
    throw new TracelakeError(error.code, {
      failed: `${purpose} failed at ${connection.baseUrl}`,
      seen: quoteForMessage(error.answer.message),
      remedy: creationRemedy(name),
      answer: error.answer,
    });
  }
};

/** Sets a tag of an experiment. @throws {TracelakeError} `WORKSPACE_*` */
export const setExperimentTag = async (
  connection: Connection,
  { experimentId, key, value }: { readonly experimentId: string; readonly key: string; readonly value: string },
): Promise<void> => {
  await request(connection, {
    method: "POST",
    path: "/api/2.0/mlflow/experiments/set-experiment-tag",
    body: { experiment_id: experimentId, key, value },
    purpose: `Setting the tag ${key} of experiment ${experimentId}`,
    remedies: { 403: `Give the owner of the credentials CAN EDIT on experiment ${experimentId}.` },
  });
};

/** Removes a tag of an experiment. @throws {TracelakeError} `WORKSPACE_*` */
export const deleteExperimentTag = async (
  connection: Connection,
  { experimentId, key }: { readonly experimentId: string; readonly key: string },
): Promise<void> => {
  await request(connection, {
    method: "POST",
    path: "/api/2.0/mlflow/experiments/delete-experiment-tag",
    body: { experiment_id: experimentId, key },
    purpose: `Removing the tag ${key} of experiment ${experimentId}`,
    remedies: { 403: `Give the owner of the credentials CAN EDIT on experiment ${experimentId}.` },
  });
};
