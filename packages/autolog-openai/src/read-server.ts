import { asText, isRecord, type JsonRecord } from "./json-record.ts";

/** Who answers, by the end of the host name. Names are OpenTelemetry's where it has one. */
const providers: readonly (readonly [hostSuffix: string, provider: string])[] = [
  ["openai.azure.com", "azure.ai.openai"],
  ["cognitiveservices.azure.com", "azure.ai.openai"],
  ["services.ai.azure.com", "azure.ai.inference"],
  ["databricks.com", "databricks"],
  ["databricksapps.com", "databricks"],
  ["azuredatabricks.net", "databricks"],
  ["amazonaws.com", "aws.bedrock"],
  ["api.aws", "aws.bedrock"],
  ["aiplatform.googleapis.com", "gcp.vertex_ai"],
  ["generativelanguage.googleapis.com", "gcp.gemini"],
  ["anthropic.com", "anthropic"],
  ["cerebras.ai", "cerebras"],
  ["cohere.com", "cohere"],
  ["cohere.ai", "cohere"],
  ["deepinfra.com", "deepinfra"],
  ["deepseek.com", "deepseek"],
  ["fireworks.ai", "fireworks_ai"],
  ["groq.com", "groq"],
  ["huggingface.co", "huggingface"],
  ["mistral.ai", "mistral_ai"],
  ["moonshot.ai", "moonshot_ai"],
  ["nvidia.com", "nvidia"],
  ["openrouter.ai", "openrouter"],
  ["perplexity.ai", "perplexity"],
  ["together.ai", "together_ai"],
  ["together.xyz", "together_ai"],
  ["x.ai", "x_ai"],
];

/** Where a request goes, and to whom. */
export interface Server {
  readonly provider: string;
  readonly address?: string;
  readonly port?: number;
  /** What stands for the model there, whatever the request calls it. */
  readonly deployment?: string | undefined;
}

const encrypted = new Set(["https:", "wss:"]);

/** Who is behind an address; `openai` where nothing tells otherwise. */
export const readServerUrl = (url: URL): Server => ({
  provider: providers.find(([suffix]) => `.${url.hostname}`.endsWith(`.${suffix}`))?.[1] ?? "openai",
  address: url.hostname,
  port: url.port === "" ? (encrypted.has(url.protocol) ? 443 : 80) : Number(url.port),
});

// https://learn.microsoft.com/azure/ai-foundry/openai/reference
const deploymentIn = (url: URL): string | undefined => /\/deployments\/([^/]+)/.exec(url.pathname)?.[1];

const readAzure = (client: JsonRecord, url: URL): Server => ({
  ...readServerUrl(url),
  provider: "azure.ai.openai",
  deployment: asText(client["deploymentName"]) ?? deploymentIn(url),
});

// The same client is asked again and again.
const known = new WeakMap<object, { readonly baseUrl: unknown; readonly server: Server }>();

/** Reads the server from a client, or from a resource of one such as `client.chat.completions`. */
export const readServer = (resource: unknown): Server => {
  if (!isRecord(resource)) return { provider: "openai" };
  const client = isRecord(resource["_client"]) ? resource["_client"] : resource;
  const baseUrl = client["baseURL"];
  const remembered = known.get(client);
  if (remembered !== undefined && remembered.baseUrl === baseUrl) return remembered.server;
  if (typeof baseUrl !== "string" || !URL.canParse(baseUrl)) return { provider: "openai" };
  const url = new URL(baseUrl);
  const server = typeof client["apiVersion"] === "string" ? readAzure(client, url) : readServerUrl(url);
  known.set(client, { baseUrl, server });
  return server;
};
