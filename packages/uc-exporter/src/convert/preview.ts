type Json = unknown;

const isRecord = (value: Json): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOfContent = (content: Json): string | undefined => {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const part: Json = content.find(
    (candidate: Json) => isRecord(candidate) && /^(input_|output_)?text$/.test(String(candidate["type"])),
  );
  return isRecord(part) && typeof part["text"] === "string" ? part["text"] : undefined;
};

const messagesOf = (value: Record<string, Json>): readonly Json[] | undefined => {
  for (const key of ["messages", "input", "output"]) {
    const list = value[key];
    if (Array.isArray(list) && list.length > 0) return list as readonly Json[];
  }
  const choices = value["choices"];
  const choice: Json = Array.isArray(choices) ? choices[0] : undefined;
  return isRecord(choice) && isRecord(choice["message"]) ? [choice["message"]] : undefined;
};

const messageText = (value: Json, role: "user" | "assistant"): string | undefined => {
  if (!isRecord(value)) return undefined;
  const messages = messagesOf(value) ?? (isRecord(value["request"]) ? messagesOf(value["request"]) : undefined);
  if (messages === undefined) return undefined;
  const ofRole = messages.findLast((message) => isRecord(message) && message["role"] === role);
  const message = ofRole ?? messages.at(-1);
  return isRecord(message) ? textOfContent(message["content"]) : undefined;
};

const cut = (text: string, maxCharacters: number): string =>
  text.length > maxCharacters ? `${text.slice(0, maxCharacters - 3).replace(/[\ud800-\udbff]$/, "")}...` : text;

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
  let value: Json;
  try {
    value = JSON.parse(json) as Json;
  } catch {
    return cut(json, maxCharacters);
  }
  return cut(messageText(value, role) ?? json, maxCharacters);
};
