import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import { isLoopback, normalizeBaseUrl, type Connection } from "@tracelake/workspace-client";

/** A model endpoint of OpenAI's form. */
export interface ModelProvider {
  /** Up to and without `/chat/completions`, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Absent where the endpoint asks for none. */
  readonly apiKey?: string;
}

/** Where the judge models are. */
export interface ModelSurroundings {
  /** Whose serving endpoints are `databricks:/<endpoint>`. */
  readonly workspace?: Connection;
  /** Whose AI gateway's endpoints are `gateway:/<endpoint>`. */
  readonly mlflowServer?: Connection;
  /** `<provider>:/<model>` by the provider's name. Default of `openai`: `OPENAI_BASE_URL` and `OPENAI_API_KEY`. */
  readonly providers?: Readonly<Record<string, ModelProvider>>;
}

/** Where one model is asked. */
export interface ModelEndpoint {
  readonly connection: Connection;
  readonly path: string;
  /** The model's name in the request; `undefined` where the path names it. */
  readonly model: string | undefined;
}

const failure = (seen: string, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, { failed: "The judge model cannot be asked", seen, remedy });

const openaiFromEnvironment = ({ OPENAI_BASE_URL, OPENAI_API_KEY }: NodeJS.ProcessEnv): ModelProvider => ({
  baseUrl: OPENAI_BASE_URL || "https://api.openai.com/v1",
  ...(OPENAI_API_KEY ? { apiKey: OPENAI_API_KEY } : {}),
});

const connectionOf = (provider: string, { baseUrl, apiKey }: ModelProvider): Connection => {
  const setting = provider === "openai" ? "OPENAI_BASE_URL" : `providers.${provider}.baseUrl`;
  const credentialSource = provider === "openai" ? "OPENAI_API_KEY" : `providers.${provider}.apiKey`;
  const normalized = normalizeBaseUrl(baseUrl, setting);
  if (apiKey !== undefined && !normalized.startsWith("https:") && !isLoopback(normalized)) {
    throw failure(
      `a key for ${quoteForMessage(normalized)}`,
      `Use https:// in ${setting}: a key would travel unencrypted.`,
    );
  }
  if (apiKey === undefined && new URL(normalized).hostname === "api.openai.com") {
    throw failure("no key", `Set ${credentialSource}, or ${setting} to an endpoint that asks for none.`);
  }
  return {
    baseUrl: normalized,
    credentialSource,
    authorization: () => (apiKey === undefined ? undefined : `Bearer ${apiKey}`),
  };
};

const needed = (connection: Connection | undefined, model: string, remedy: string): Connection => {
  if (connection === undefined) throw failure(quoteForMessage(model), remedy);
  return connection;
};

/**
 * Where the model `<provider>:/<name>` is asked.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where it cannot be, `CONFIG_HOST_INVALID` where an address cannot be used.
 */
export const endpointOf = (
  model: string,
  { workspace, mlflowServer, providers }: ModelSurroundings,
  environment: NodeJS.ProcessEnv,
): ModelEndpoint => {
  if (model === "databricks") {
    throw failure(
      `"databricks", the workspace's own judge`,
      "Only Databricks itself and its Python package databricks-agents reach it: name an endpoint, such as `databricks:/<endpoint>`.",
    );
  }
  const [, provider, name] = /^([a-z][\w-]*):\/+(.+)$/s.exec(model) ?? [];
  if (provider === undefined || name === undefined) {
    throw failure(quoteForMessage(model), "Write it as `<provider>:/<model>`, such as `databricks:/<endpoint>`.");
  }
  if (provider === "databricks" || provider === "endpoints") {
    const connection = needed(workspace, model, "Give the judge client the `workspace` whose endpoint it is.");
    return { connection, path: `/serving-endpoints/${encodeURIComponent(name)}/invocations`, model: undefined };
  }
  if (provider === "gateway") {
    const connection = needed(mlflowServer, model, "Give the judge client the `mlflowServer` whose gateway it is.");
    return { connection, path: "/gateway/mlflow/v1/chat/completions", model: name };
  }
  const given = providers?.[provider] ?? (provider === "openai" ? openaiFromEnvironment(environment) : undefined);
  if (given === undefined) {
    throw failure(
      quoteForMessage(model),
      `Name the provider's address in \`providers.${provider}\` of the judge client.`,
    );
  }
  return { connection: connectionOf(provider, given), path: "/chat/completions", model: name };
};
