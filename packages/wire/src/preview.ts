import { isRecord, type JsonRecord } from "./json-record.ts";
import { shortenText, spaceJson } from "./mlflow-text.ts";

const textOfContent = (content: unknown): string | undefined => {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  for (const part of content as readonly unknown[]) {
    if (typeof part === "string") return part;
    if (!isRecord(part) || !/^(input_|output_)?text$/.test(String(part["type"]))) continue;
    return typeof part["text"] === "string" ? part["text"] : undefined;
  }
  return undefined;
};

const isMessage = (item: unknown): item is JsonRecord => isRecord(item) && "role" in item && "content" in item;

const messagesOf = (value: JsonRecord): readonly JsonRecord[] => {
  const { messages, choices, input, output, request } = value;
  if (Array.isArray(messages) && messages.length > 0) return (messages as unknown[]).filter(isMessage);
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (isRecord(choice) && isMessage(choice["message"])) return [choice["message"]];
  for (const list of [input, output]) {
    if (Array.isArray(list) && list.length > 0) return (list as unknown[]).filter(isMessage);
  }
  return isRecord(request) ? messagesOf(request) : [];
};

/**
 * The text of a chat's last message of `role`, or of its last message where none has that role; `undefined` where the
 * value is no chat in any of the forms that model clients use, or the message has no text.
 */
export const messageText = (value: unknown, role: "user" | "assistant"): string | undefined => {
  const messages = isRecord(value) ? messagesOf(value) : [];
  const message = messages.findLast((candidate) => candidate["role"] === role) ?? messages.at(-1);
  // A message without text, such as one that only calls tools, is shown as JSON.
  return (message && textOfContent(message["content"])) || undefined;
};

const parseJson = (json: string): unknown => {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
};

/**
 * What lists show of a trace, from the JSON text of its root span's inputs or outputs: the last message of the user or of
 * the assistant where it is a chat, else the JSON text.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/tracing/utils/truncation.py
 */
export const previewOf = (
  json: string | undefined,
  role: "user" | "assistant",
  maxCharacters: number,
): string | undefined => {
  if (json === undefined) return undefined;
  return shortenText(messageText(parseJson(json), role) ?? spaceJson(json, maxCharacters), maxCharacters);
};
