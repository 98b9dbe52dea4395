import {
  connectMlflowServer,
  connectWorkspace,
  environmentDestination,
  type Connection,
} from "@tracelake/workspace-client";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { isDatabricks } from "../connection-kind.ts";
import type { JudgeClient } from "../scorer.ts";
import { createJudgeClient } from "./judge-client.ts";
import type { ModelSurroundings } from "./model-endpoint.ts";

/** The judge models that a service has itself: a local workspace has none. */
export const surroundingsOf = (connection: Connection): ModelSurroundings => {
  if (connection.service === "mlflow") return { mlflowServer: connection };
  return isDatabricks(connection) ? { workspace: connection } : {};
};

const isCode = (error: unknown, code: ErrorCode): boolean => TracelakeError.isInstance(error) && error.code === code;

/** `undefined` where the environment names neither a workspace nor a server. @throws {TracelakeError} `CONFIG_*` */
const environmentService = (environment: NodeJS.ProcessEnv): Connection | undefined => {
  let isPlaceNamed = true;
  try {
    const destination = environmentDestination(environment);
    if (destination.type === "local") return undefined;
    if (destination.type === "mlflow") return connectMlflowServer(destination.trackingUri, environment);
  } catch (error) {
    // Judging needs no place for traces.
    if (!isCode(error, ErrorCode.CONFIG_DESTINATION_MISSING)) throw error;
    isPlaceNamed = false;
  }
  try {
    return connectWorkspace({}, environment);
  } catch (error) {
    if (!isPlaceNamed && isCode(error, ErrorCode.CONFIG_HOST_MISSING)) return undefined;
    throw error;
  }
};

/**
 * The judge of the workspace or the server that the environment sends traces to, as in MLflow, where the tracking URI decides:
 * who works with a Databricks workspace has nothing sent elsewhere unasked. Never throws.
 */
export const environmentJudge = (environment: NodeJS.ProcessEnv = process.env): JudgeClient => {
  try {
    const service = environmentService(environment);
    return createJudgeClient({ ...(service === undefined ? {} : surroundingsOf(service)), environment });
  } catch {
    // A workspace is meant that cannot be reached with these settings.
    const defaultModel = environment["MLFLOW_GENAI_JUDGE_DEFAULT_MODEL"] || "databricks";
    return createJudgeClient({ defaultModel, environment });
  }
};
