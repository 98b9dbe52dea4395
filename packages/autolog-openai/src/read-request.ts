import { safely, SpanAttributeKey, type LiveSpan } from "@tracelake/uc-exporter";
import { isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import type { Surface } from "./surfaces.ts";

/**
 * Parameters that say how to answer, and nothing of what was asked: they stay where content is switched off. Text and
 * structures under any other name are content.
 */
const settings = new Set(
  `model encoding_format reasoning reasoning_effort verbosity modalities service_tier truncation tool_choice include stop
   stream_options logit_bias previous_response_id prompt_cache_key prompt_cache_retention`.split(/\s+/),
);

/** The attributes of OpenTelemetry's conventions, by the parameters that hold their values. The first one present counts. */
const genAiParameters: readonly (readonly [attribute: string, ...parameters: string[]])[] = [
  ["gen_ai.request.model", "model"],
  ["gen_ai.request.temperature", "temperature"],
  ["gen_ai.request.top_p", "top_p"],
  ["gen_ai.request.max_tokens", "max_completion_tokens", "max_output_tokens", "max_tokens"],
  ["gen_ai.request.frequency_penalty", "frequency_penalty"],
  ["gen_ai.request.presence_penalty", "presence_penalty"],
  ["gen_ai.request.seed", "seed"],
  ["gen_ai.request.choice.count", "n"],
  ["gen_ai.embeddings.dimension.count", "dimensions"],
];

/** Lists of text: OpenTelemetry writes them as such, and one text as a list of one. */
const genAiLists = [
  ["gen_ai.request.stop_sequences", "stop"],
  ["gen_ai.request.encoding_formats", "encoding_format"],
] as const;

/** Who answers, by the end of the host name. Names are OpenTelemetry's where it has one. */
const providers: readonly (readonly [hostSuffix: string, provider: string])[] = [
  ["openai.azure.com", "azure.ai.openai"],
  ["cognitiveservices.azure.com", "azure.ai.openai"],
  ["services.ai.azure.com", "azure.ai.inference"],
  ["databricks.com", "databricks"],
  ["azuredatabricks.net", "databricks"],
  ["amazonaws.com", "aws.bedrock"],
  ["aiplatform.googleapis.com", "gcp.vertex_ai"],
  ["generativelanguage.googleapis.com", "gcp.gemini"],
  ["anthropic.com", "anthropic"],
  ["cohere.com", "cohere"],
  ["deepseek.com", "deepseek"],
  ["groq.com", "groq"],
  ["mistral.ai", "mistral_ai"],
  ["openrouter.ai", "openrouter"],
  ["perplexity.ai", "perplexity"],
  ["together.xyz", "together_ai"],
  ["x.ai", "x_ai"],
];

interface Server {
  readonly provider: string;
  readonly address?: string;
  readonly port?: number;
}

/** Reads the server from the client that a resource such as `client.chat.completions` belongs to. */
const readServer = (resource: unknown): Server => {
  const client = isRecord(resource) ? resource["_client"] : undefined;
  const baseUrl = isRecord(client) ? client["baseURL"] : undefined;
  const isAzureClient = isRecord(client) && typeof client["apiVersion"] === "string";
  const url = typeof baseUrl === "string" && URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined) return { provider: "openai" };
  const known = providers.find(([suffix]) => `.${url.hostname}`.endsWith(`.${suffix}`));
  return {
    provider: isAzureClient ? "azure.ai.openai" : (known?.[1] ?? "openai"),
    address: url.hostname,
    port: url.port === "" ? (url.protocol === "http:" ? 80 : 443) : Number(url.port),
  };
};

/** The tools in the shape of chat completions, which is the one MLflow shows. */
const readTools = (tools: unknown): JsonRecord[] =>
  recordsIn(tools).map((tool) => {
    const { type, ...definition } = tool;
    if (typeof type === "string" && type !== "function") return { type: "function", function: { name: type } };
    return "function" in tool ? tool : { type: "function", function: definition };
  });

const setParameter = (span: LiveSpan, key: string, value: unknown): void => {
  if (value === undefined) return;
  const isSetting = settings.has(key) || typeof value === "number" || typeof value === "boolean";
  if (isSetting && value !== null) span.setAttribute(key, value);
  else span.setContentAttribute(key, value);
};

/** Records what a call was made with: MLflow's inputs and attributes, and those of OpenTelemetry's conventions. */
export const recordRequest = (span: LiveSpan, surface: Surface, resource: unknown, body: unknown): void => {
  // Getters of the caller's are read once here, and not again.
  const copied = isRecord(body) ? safely((): JsonRecord => ({ ...body }), undefined) : undefined;
  span.setInputs(copied ?? body);
  const parameters = copied ?? {};
  for (const [key, value] of Object.entries(parameters)) {
    if (key !== surface.inputParameter) setParameter(span, key, value);
  }
  if (surface.messageFormat !== undefined) span.setAttribute(SpanAttributeKey.MESSAGE_FORMAT, surface.messageFormat);
  const tools = readTools(parameters["tools"]);
  if (tools.length > 0) span.setContentAttribute(SpanAttributeKey.CHAT_TOOLS, tools);

  const { provider, address, port } = readServer(resource);
  const { model } = parameters;
  span.setAttributes({
    "gen_ai.operation.name": surface.operation,
    "gen_ai.provider.name": provider,
    [SpanAttributeKey.MODEL_PROVIDER]: provider,
    ...(typeof model === "string" ? { [SpanAttributeKey.MODEL]: model } : {}),
    ...(address === undefined ? {} : { "server.address": address, "server.port": port }),
  });
  for (const [attribute, ...names] of genAiParameters) {
    const value = names.map((name) => parameters[name]).find((found) => found !== undefined && found !== null);
    if (typeof value === "string" || typeof value === "number") span.setAttribute(attribute, value);
  }
  for (const [attribute, name] of genAiLists) setTextList(span, attribute, parameters[name]);
};

/** Sets a list of text the way OpenTelemetry's conventions have it, which is not JSON. */
export const setTextList = (span: LiveSpan, attribute: string, value: unknown): void => {
  const texts = (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === "string");
  if (texts.length > 0) span.otelSpan.setAttribute(attribute, texts);
};
