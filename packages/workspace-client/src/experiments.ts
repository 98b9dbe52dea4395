import {
  ErrorCode,
  experimentAnswerSchema,
  ExperimentTagKey,
  locationOfTable,
  parseLocation,
  TracelakeError,
  type Experiment,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { Connection } from "./connection.ts";
import { requestJson } from "./request.ts";

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
        404: "Set MLFLOW_EXPERIMENT_ID or MLFLOW_EXPERIMENT_NAME to an experiment of this workspace; a name is an absolute path such as /Shared/agents.",
      },
    },
    experimentAnswerSchema,
  );
  return answer.experiment;
};

/**
 * Where Databricks keeps the traces of an experiment, from the tags it sets when a location is linked.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_MISSING` where no location is linked.
 */
export const traceLocationOf = (experiment: Experiment): UnityCatalogLocation => {
  const tag = (key: string): string | undefined => experiment.tags.find((candidate) => candidate.key === key)?.value;
  const spansTable = tag(ExperimentTagKey.SPANS_TABLE);
  const named = spansTable === undefined ? undefined : locationOfTable(spansTable)?.location;
  const path = tag(ExperimentTagKey.TRACE_DESTINATION_PATH);
  if (named !== undefined) return named;
  if (path !== undefined) return parseLocation(path);
  throw new TracelakeError(ErrorCode.CONFIG_DESTINATION_MISSING, {
    failed: "The experiment keeps no traces in Unity Catalog",
    seen: `experiment ${experiment.experiment_id} (${experiment.name}) has no tag ${ExperimentTagKey.TRACE_DESTINATION_PATH}`,
    remedy:
      'Link the experiment with a trace location, or set MLFLOW_TRACING_DESTINATION to "catalog.schema" or "catalog.schema.table_prefix".',
  });
};
