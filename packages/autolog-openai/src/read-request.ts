import { SpanAttributeKey, type LiveSpan } from "@tracelake/uc-exporter";
import { safely } from "@tracelake/uc-exporter/plugin";
import { asText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import { readServer, type Server } from "./read-server.ts";
import type { Surface } from "./surface.ts";

/**
 * Parameters that say how to answer, and nothing of what was asked: they stay where content is switched off. Text and
 * structures under any other name are content.
 */
const settings = new Set(
  `model encoding_format reasoning reasoning_effort verbosity modalities output_modalities service_tier truncation
   tool_choice include stop stream_options logit_bias previous_response_id prompt_cache_key prompt_cache_retention size
   quality style background output_format input_fidelity moderation voice language timestamp_granularities chunking_strategy
   purpose endpoint completion_window order truncation_strategy assistant_id thread_id run_id response_id vector_store_id
   conversation_id batch_id file_id input_file_id`.split(/\s+/),
);

/** The attributes of OpenTelemetry's conventions, by the parameters that hold their values. The first one present counts. */
const genAiParameters = Object.entries({
  "gen_ai.request.temperature": ["temperature"],
  "gen_ai.request.top_p": ["top_p"],
  "gen_ai.request.max_tokens": ["max_completion_tokens", "max_output_tokens", "max_tokens"],
  "gen_ai.request.frequency_penalty": ["frequency_penalty"],
  "gen_ai.request.presence_penalty": ["presence_penalty"],
  "gen_ai.request.seed": ["seed"],
  "gen_ai.request.choice.count": ["n"],
  "gen_ai.embeddings.dimension.count": ["dimensions"],
  "openai.request.service_tier": ["service_tier"],
});

/** Lists of text: OpenTelemetry writes them as such, and one text as a list of one. */
const genAiLists = [
  ["gen_ai.request.stop_sequences", "stop"],
  ["gen_ai.request.encoding_formats", "encoding_format"],
] as const;

const setParameter = (span: LiveSpan, key: string, value: unknown): void => {
  if (value === undefined) return;
  const isSetting = settings.has(key) || typeof value === "number" || typeof value === "boolean";
  if (isSetting && value !== null) span.setAttribute(key, value);
  else span.setContentAttribute(key, value);
};

const readTool = (tool: JsonRecord): JsonRecord => {
  const { type, ...definition } = tool;
  if (typeof type === "string" && type !== "function") return { type: "function", function: { name: type } };
  return "function" in tool ? tool : { type: "function", function: definition };
};

/** Records the tools as they were given, and in the shape of chat completions, which is the one MLflow shows. */
const recordTools = (span: LiveSpan, given: unknown): void => {
  const tools = recordsIn(given).map(readTool);
  const isSame = Array.isArray(given) && tools.length === given.length && tools.every((tool, at) => tool === given[at]);
  if (isSame && tools.length > 0) return void span.setContentAttribute(["tools", SpanAttributeKey.CHAT_TOOLS], given);
  setParameter(span, "tools", given);
  if (tools.length > 0) span.setContentAttribute(SpanAttributeKey.CHAT_TOOLS, tools);
};

// A tool on a remote server comes with the caller's credentials for it.
const hideCredentials = (tool: unknown): unknown => {
  if (!isRecord(tool) || tool["type"] !== "mcp") return tool;
  const hidden = { ...tool };
  if (tool["authorization"] !== undefined) hidden["authorization"] = "[credential]";
  if (isRecord(tool["headers"])) {
    hidden["headers"] = Object.fromEntries(Object.keys(tool["headers"]).map((name) => [name, "[credential]"]));
  }
  return hidden;
};

/** `value` without the credentials that its tools may hold. */
export const withoutCredentials = (value: JsonRecord): JsonRecord => {
  const { tools } = value;
  const isAffected = Array.isArray(tools) && tools.some((tool) => isRecord(tool) && tool["type"] === "mcp");
  return isAffected ? { ...value, tools: tools.map(hideCredentials) } : value;
};

// https://platform.openai.com/docs/api-reference: what the queries of the recorded methods consist of.
const queryParameters = [
  "after",
  "before",
  "include",
  "limit",
  "order",
  "purpose",
  "run_id",
  "starting_after",
  "stream",
];

const pickQuery = (query: JsonRecord): JsonRecord =>
  Object.fromEntries(queryParameters.filter((name) => name in query).map((name) => [name, query[name]]));

/** A call's arguments as one object: the ids by their names, and the body. `undefined` where it is nothing of the kind. */
const readArguments = ({ ids = [], follows = "body" }: Surface, args: readonly unknown[]): JsonRecord | undefined => {
  const firstOther = args.findIndex((argument) => typeof argument !== "string");
  const given = args.slice(0, Math.min(firstOther < 0 ? args.length : firstOther, ids.length));
  const names = ids.slice(ids.length - given.length);
  const path = Object.fromEntries(names.map((name, at) => [name, given[at]]));
  const following = args[given.length];
  if (follows === "options") return path;
  if (follows === "query") return isRecord(following) ? { ...path, ...pickQuery(following) } : path;
  if (isRecord(following)) return { ...path, ...withoutCredentials({ ...following }) };
  return given.length > 0 ? path : undefined;
};

/** Records what a call was made with: MLflow's inputs and attributes, and those of OpenTelemetry's conventions. */
export const recordRequest = (
  span: LiveSpan,
  surface: Surface,
  resource: unknown,
  args: readonly unknown[],
): JsonRecord | undefined => {
  // Getters of the caller's are read once here, and not again.
  const parameters = safely(() => readArguments(surface, args), undefined);
  recordParameters(span, surface, parameters ?? {}, readServer(resource));
  if (parameters !== undefined || (surface.follows ?? "body") === "body") span.setInputs(parameters ?? args[0]);
  return parameters;
};

/** Records a call that was made with `parameters`, apart from its inputs. */
export const recordParameters = (span: LiveSpan, surface: Surface, parameters: JsonRecord, server: Server): void => {
  for (const key of Object.keys(parameters)) {
    if (key !== surface.inputParameter && key !== "tools") setParameter(span, key, parameters[key]);
  }
  recordTools(span, parameters["tools"]);
  if (surface.messageFormat !== undefined) span.setAttribute(SpanAttributeKey.MESSAGE_FORMAT, surface.messageFormat);
  recordServer(span, surface, server, asText(parameters["model"]));
  for (const [attribute, names] of genAiParameters) {
    const value = firstOf(parameters, names);
    if (typeof value === "string" || typeof value === "number") span.setAttribute(attribute, value);
  }
  for (const [attribute, name] of genAiLists) setTextList(span, attribute, parameters[name]);
  if (parameters["stream"] === true) span.setAttribute("gen_ai.request.stream", true);
  const conversationId = conversationOf(parameters);
  if (conversationId !== undefined) span.setAttribute("gen_ai.conversation.id", conversationId);
};

const firstOf = (parameters: JsonRecord, names: readonly string[]): unknown => {
  for (const name of names) if (parameters[name] !== undefined && parameters[name] !== null) return parameters[name];
  return undefined;
};

const recordServer = (span: LiveSpan, surface: Surface, server: Server, asked: string | undefined): void => {
  const { provider, address, port, deployment } = server;
  const model = deployment ?? asked;
  const { operation, outputType } = surface;
  span.setAttributes({
    "gen_ai.provider.name": provider,
    [SpanAttributeKey.MODEL_PROVIDER]: provider,
    ...(operation === undefined ? {} : { "gen_ai.operation.name": operation }),
    ...(outputType === undefined ? {} : { "gen_ai.output.type": outputType }),
    ...(model === undefined ? {} : { "gen_ai.request.model": model, [SpanAttributeKey.MODEL]: model }),
    ...(address === undefined ? {} : { "server.address": address, "server.port": port }),
  });
};

const conversationOf = ({ conversation, conversation_id: id, thread_id: thread }: JsonRecord): string | undefined =>
  asText(isRecord(conversation) ? conversation["id"] : conversation) ?? asText(id) ?? asText(thread);

/** Sets a list of text the way OpenTelemetry's conventions have it, which is not JSON. */
export const setTextList = (span: LiveSpan, attribute: string, value: unknown): void => {
  if (value === undefined) return;
  const texts = (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === "string");
  if (texts.length > 0) span.otelSpan.setAttribute(attribute, texts);
};
