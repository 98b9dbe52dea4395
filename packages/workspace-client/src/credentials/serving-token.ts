import { existsSync } from "node:fs";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Credentials, IssuedToken } from "./credentials.ts";
import { parseJsonObject } from "../json-object.ts";
import { TokenKeeper } from "./token-keeper.ts";

/** Where Databricks Model Serving keeps the token of the resources that a model was logged with. */
const servingTokenFile = "/var/credentials-secret/model-dependencies-oauth-token";

// MLflow's Python client reads the file again after as long.
const lifeMillis = 300_000;

const readToken = async (file: string): Promise<IssuedToken> => {
  const text = await process
    .getBuiltinModule("node:fs/promises")
    .readFile(file, "utf8")
    .catch(() => "");
  const tokens = parseJsonObject(text)["OAUTH_TOKEN"];
  const first: unknown = Array.isArray(tokens) ? tokens[0] : undefined;
  const token =
    typeof first === "object" && first !== null && "oauthTokenValue" in first ? first.oauthTokenValue : undefined;
  if (typeof token === "string" && token !== "") return { token, expiresAtMillis: Date.now() + lifeMillis };
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: "The model serving environment has no token for this endpoint",
    seen: `${file} cannot be read`,
    remedy:
      "Give the endpoint DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or DATABRICKS_TOKEN, as environment variables from a secret scope.",
  });
};

/** Whether the process runs in a serving endpoint that was given a token. */
export const isServingEnvironment = (environment: NodeJS.ProcessEnv, file = servingTokenFile): boolean =>
  (environment["IS_IN_DB_MODEL_SERVING_ENV"] || environment["IS_IN_DATABRICKS_MODEL_SERVING_ENV"]) === "true" &&
  existsSync(file);

/** @see https://github.com/mlflow/mlflow/blob/master/mlflow/utils/databricks_utils.py */
export const servingToken = (file = servingTokenFile): Credentials =>
  new TokenKeeper({ source: "the token of the model serving endpoint", issue: () => readToken(file) });
