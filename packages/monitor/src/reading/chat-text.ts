import { shortenText, spaceJson, stringifyJson, type JsonValue } from "@tracelake/wire";
import { isList, isObject } from "./json-kinds.ts";

// Judges have contexts of some 100,000 tokens: none reads as far as this.
const mostCharacters = 1_000_000;

/** A value as judges read it where it is no text: JSON, spaced as Python spaces it, with dots where it is endless. */
export const jsonText = (value: JsonValue): string =>
  shortenText(spaceJson(stringifyJson(value), mostCharacters), mostCharacters);

const contentOf = (message: JsonValue | undefined): string | undefined => {
  const content = isObject(message) ? message["content"] : undefined;
  return typeof content === "string" ? content : undefined;
};

/**
 * What was asked, from a root span's inputs: the text itself; the content of a chat's only message, or all messages as
 * JSON where there are several; else the whole value as JSON.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/eval-monitor/concepts/judges/guidelines
 */
export const requestText = (inputs: JsonValue): string => {
  if (typeof inputs === "string") return inputs;
  const messages = isObject(inputs) ? inputs["messages"] : undefined;
  if (isList(messages) && messages.length > 0) {
    const contents = messages.map(contentOf);
    if (contents.length > 1 && contents.every((content) => content !== undefined)) return jsonText(messages);
    const last = contents.at(-1);
    if (last !== undefined) return last;
  }
  return jsonText(inputs);
};

const lastAssistantText = (output: readonly JsonValue[]): string | undefined => {
  for (const item of output.toReversed()) {
    if (!isObject(item) || item["role"] !== "assistant") continue;
    const content = item["content"];
    if (typeof content === "string") return content;
    const part = (isList(content) ? content : []).find(
      (candidate) => isObject(candidate) && (candidate["type"] === "text" || candidate["type"] === "output_text"),
    );
    if (isObject(part) && typeof part["text"] === "string") return part["text"];
  }
  return undefined;
};

// An answer of the Responses API ends with a message; what ends with a tool call has no text to judge.
const responsesText = (output: JsonValue | undefined): string | undefined => {
  const last = isList(output) ? output.at(-1) : undefined;
  if (!isList(output) || !isObject(last) || last["type"] !== "message" || !("content" in last)) return undefined;
  return lastAssistantText(output) ?? jsonText(output);
};

/**
 * What was answered, from a root span's outputs: the text itself; of a list its first element; of a chat completion the
 * first choice, of a list of messages the last one, of a response its last text; else the whole value as JSON.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/eval-monitor/concepts/judges/guidelines
 */
export const responseText = (outputs: JsonValue): string => {
  let value = outputs;
  while (isList(value) && value.length > 0) value = value[0] ?? null;
  if (typeof value === "string") return value;
  if (!isObject(value)) return jsonText(value);
  const { choices, messages, output } = value;
  const choice = isList(choices) ? choices[0] : undefined;
  return (
    contentOf(isObject(choice) ? choice["message"] : undefined) ??
    contentOf(isList(messages) ? messages.at(-1) : undefined) ??
    responsesText(output) ??
    jsonText(value)
  );
};
