import { nonEmptyText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";

/** LangChain's `BaseMessage`, known by its shape: `type` is missing before 1.0, `getType` before 0.3. */
export const isMessage = (value: unknown): value is JsonRecord =>
  isRecord(value) &&
  "content" in value &&
  (typeof value["getType"] === "function" || typeof value["_getType"] === "function");

const typeOf = (message: JsonRecord): string => {
  const read = message["getType"] ?? message["_getType"];
  const type: unknown = typeof read === "function" ? Reflect.apply(read, message, []) : undefined;
  return typeof type === "string" ? type : "generic";
};

const roles: Readonly<Record<string, string>> = {
  human: "user",
  user: "user",
  ai: "assistant",
  assistant: "assistant",
  system: "system",
  developer: "developer",
  tool: "tool",
  function: "function",
};

const stringify = (value: unknown): string => {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value ?? {}) ?? "{}";
  } catch {
    return String(value);
  }
};

const toToolCall = (call: JsonRecord): JsonRecord => ({
  id: call["id"] ?? null,
  type: "function",
  function: { name: call["name"] ?? null, arguments: stringify(call["args"]) },
});

/** Tool calls in OpenAI's shape, those whose arguments could not be parsed included. */
const toolCallsOf = (message: JsonRecord, extras: JsonRecord): JsonRecord[] => {
  const calls = recordsIn(message["tool_calls"]).concat(recordsIn(message["invalid_tool_calls"]));
  return calls.length > 0 ? calls.map(toToolCall) : recordsIn(extras["tool_calls"]);
};

/** Blocks that say again what stands in `tool_calls`. */
const toolBlocks = new Set(["tool_use", "tool_call", "tool_call_chunk", "input_json_delta", "function_call"]);

const reasoningOf = (block: JsonRecord): string | undefined => {
  const { type } = block;
  if (type !== "thinking" && type !== "reasoning" && type !== "reasoning_content") return undefined;
  const summary = recordsIn(block["summary"]).map((part) => nonEmptyText(part["text"]) ?? "");
  return (
    nonEmptyText(block["thinking"]) ??
    nonEmptyText(block["reasoning"]) ??
    nonEmptyText(block["text"]) ??
    summary.join("")
  );
};

// Providers' and LangChain's own spellings of one picture: by URL, or as base64 with its type.
const toImage = (block: JsonRecord): JsonRecord => {
  const source = isRecord(block["source"]) ? block["source"] : block;
  const mimeType =
    nonEmptyText(source["mimeType"]) ?? nonEmptyText(source["mime_type"]) ?? nonEmptyText(source["media_type"]);
  const { data } = source;
  const url =
    nonEmptyText(source["url"]) ??
    (typeof data === "string" ? `data:${mimeType ?? "image/*"};base64,${data}` : undefined);
  return url === undefined ? block : { type: "image_url", image_url: { url } };
};

const toPart = (block: unknown): JsonRecord => {
  if (typeof block === "string") return { type: "text", text: block };
  if (!isRecord(block)) return { type: "text", text: String(block) };
  if (block["type"] === "text" || block["type"] === "text_delta") return { type: "text", text: block["text"] ?? "" };
  if (block["type"] === "image") return toImage(block);
  return block;
};

interface Content {
  readonly content: unknown;
  readonly reasoning: string | undefined;
}

const readContent = (content: unknown, role: string): Content => {
  if (!Array.isArray(content)) return { content, reasoning: undefined };
  const blocks: readonly unknown[] = content;
  const reasoning = blocks.map((block) => (isRecord(block) ? reasoningOf(block) : undefined));
  const parts = blocks
    .filter((block, at) => reasoning[at] === undefined && !(isRecord(block) && toolBlocks.has(String(block["type"]))))
    .map(toPart);
  const texts = parts.map((part) => (part["type"] === "text" ? (nonEmptyText(part["text"]) ?? "") : undefined));
  const isText = role === "assistant" && texts.every((text) => text !== undefined);
  const thoughts = reasoning.filter((text) => text !== undefined).join("");
  return { content: isText ? texts.join("") : parts, reasoning: nonEmptyText(thoughts) };
};

/** A message in the shape of OpenAI's chat completions, whichever provider it came from; `undefined` where it is none. */
export const toOpenAIMessage = (message: JsonRecord): JsonRecord | undefined => {
  const type = typeOf(message);
  if (type === "remove") return undefined;
  const role = roles[type] ?? nonEmptyText(message["role"]) ?? type;
  const extras = isRecord(message["additional_kwargs"]) ? message["additional_kwargs"] : {};
  const { content, reasoning } = readContent(message["content"], role);
  const isAssistant = role === "assistant";
  const toolCalls = isAssistant ? toolCallsOf(message, extras) : [];
  const result: JsonRecord = { role, content: toolCalls.length > 0 && content === "" ? null : content };
  set(result, "name", nonEmptyText(message["name"]));
  set(result, "reasoning_content", reasoning ?? nonEmptyText(extras["reasoning_content"]));
  set(result, "refusal", nonEmptyText(extras["refusal"]));
  if (toolCalls.length > 0) result["tool_calls"] = toolCalls;
  else set(result, "function_call", extras["function_call"]);
  if (role === "tool") set(result, "tool_call_id", nonEmptyText(message["tool_call_id"]));
  if (message["status"] === "error") result["status"] = "error";
  return result;
};

const set = (record: JsonRecord, key: string, value: unknown): void => {
  if (value !== undefined) record[key] = value;
};

/** The messages of a list; what is none is left out. */
export const toOpenAIMessages = (messages: unknown): JsonRecord[] =>
  recordsIn(messages)
    .map((message) => (isMessage(message) ? toOpenAIMessage(message) : message))
    .filter((message) => message !== undefined);
