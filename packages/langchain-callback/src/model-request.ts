import { SpanAttributeKey, type LiveSpan } from "@tracelake/uc-exporter";
import { nonEmptyText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import { toOpenAIMessages } from "./messages.ts";

/**
 * The parameters that are recorded, by the names that providers give them, and the attribute of OpenTelemetry's
 * conventions where it has one. Whatever else a model is called with may be a secret.
 */
const parameters: Readonly<Record<string, string | undefined>> = {
  temperature: "gen_ai.request.temperature",
  top_p: "gen_ai.request.top_p",
  topP: "gen_ai.request.top_p",
  top_k: "gen_ai.request.top_k",
  topK: "gen_ai.request.top_k",
  max_tokens: "gen_ai.request.max_tokens",
  max_completion_tokens: "gen_ai.request.max_tokens",
  max_output_tokens: "gen_ai.request.max_tokens",
  maxOutputTokens: "gen_ai.request.max_tokens",
  maxTokens: "gen_ai.request.max_tokens",
  frequency_penalty: "gen_ai.request.frequency_penalty",
  presence_penalty: "gen_ai.request.presence_penalty",
  seed: "gen_ai.request.seed",
  n: "gen_ai.request.choice.count",
  stop: undefined,
  stream: undefined,
  tool_choice: undefined,
  parallel_tool_calls: undefined,
  response_format: undefined,
  reasoning: undefined,
  reasoning_effort: undefined,
  service_tier: undefined,
  verbosity: undefined,
  thinking: undefined,
};

interface ModelRequest {
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly parameters: JsonRecord;
  readonly tools: readonly JsonRecord[];
}

const asTool = (definition: JsonRecord, schema: unknown): JsonRecord => ({
  type: "function",
  function: {
    name: definition["name"],
    ...(definition["description"] === undefined ? {} : { description: definition["description"] }),
    ...(schema === undefined ? {} : { parameters: schema }),
  },
});

/** One entry of a provider's list of tools, in OpenAI's shape: Gemini's entries hold several tools each. */
const readTool = (tool: JsonRecord): readonly JsonRecord[] => {
  const { type, function: definition, toolSpec, functionDeclarations } = tool;
  if (isRecord(definition)) return [{ type: "function", function: definition }];
  if (Array.isArray(functionDeclarations)) {
    return recordsIn(functionDeclarations).map((declared) => asTool(declared, declared["parameters"]));
  }
  if (isRecord(toolSpec)) {
    const { inputSchema } = toolSpec;
    return [asTool(toolSpec, isRecord(inputSchema) ? inputSchema["json"] : undefined)];
  }
  const name = nonEmptyText(tool["name"]) ?? nonEmptyText(type);
  if (name === undefined) return [];
  return [asTool({ ...tool, name }, tool["input_schema"] ?? tool["parameters"] ?? tool["schema"])];
};

const readTools = (invocation: JsonRecord): JsonRecord[] => {
  const { tools, functions, toolConfig } = invocation;
  const offered = tools ?? (isRecord(toolConfig) ? toolConfig["tools"] : undefined) ?? functions;
  return recordsIn(offered).flatMap(readTool);
};

const readRequest = (extra: unknown, metadata: unknown): ModelRequest => {
  const given = isRecord(extra) && isRecord(extra["invocation_params"]) ? extra["invocation_params"] : {};
  const known = isRecord(metadata) ? metadata : {};
  const recorded: JsonRecord = {};
  for (const key of Object.keys(given)) {
    if (key in parameters && given[key] !== undefined && given[key] !== null) recorded[key] = given[key];
  }
  return {
    model: nonEmptyText(given["model"]) ?? nonEmptyText(given["model_name"]) ?? nonEmptyText(known["ls_model_name"]),
    provider: nonEmptyText(known["ls_provider"])?.toLowerCase(),
    parameters: recorded,
    tools: readTools(given),
  };
};

const recordAttributes = (span: LiveSpan, operation: string, request: ModelRequest): void => {
  const { model, provider, tools } = request;
  const attributes: Record<string, string | number> = { "gen_ai.operation.name": operation };
  if (operation === "chat") attributes[SpanAttributeKey.MESSAGE_FORMAT] = "openai";
  if (model !== undefined) {
    attributes["gen_ai.request.model"] = model;
    attributes[SpanAttributeKey.MODEL] = model;
  }
  if (provider !== undefined) {
    attributes["gen_ai.provider.name"] = provider;
    attributes[SpanAttributeKey.MODEL_PROVIDER] = provider;
  }
  for (const key of Object.keys(request.parameters)) {
    const attribute = parameters[key];
    const value = request.parameters[key];
    if (attribute !== undefined && typeof value === "number") attributes[attribute] = value;
  }
  span.otelSpan.setAttributes(attributes);
  if (tools.length > 0) span.setContentAttribute(SpanAttributeKey.CHAT_TOOLS, tools);
};

/** Records what a chat model was called with, in the shape of OpenAI's chat completions. */
export const recordChatRequest = (span: LiveSpan, messages: unknown, extra: unknown, metadata: unknown): void => {
  const request = readRequest(extra, metadata);
  const { model, tools } = request;
  const list: unknown = Array.isArray(messages) ? messages[0] : undefined;
  span.setInputs({
    messages: toOpenAIMessages(list),
    ...(model === undefined ? {} : { model }),
    ...request.parameters,
    ...(tools.length > 0 ? { tools } : {}),
  });
  recordAttributes(span, "chat", request);
};

/** Records what a text model was called with. */
export const recordTextRequest = (span: LiveSpan, prompts: unknown, extra: unknown, metadata: unknown): void => {
  const request = readRequest(extra, metadata);
  const { model } = request;
  const prompt: unknown = Array.isArray(prompts) && prompts.length === 1 ? prompts[0] : prompts;
  span.setInputs({ prompt, ...(model === undefined ? {} : { model }), ...request.parameters });
  recordAttributes(span, "text_completion", request);
};
