import { stringifyJson, quoteForMessage, type JsonValue } from "@tracelake/wire";
import { isObject } from "../reading/json-kinds.ts";
import { parsedJson } from "../reading/parsed-json.ts";
import { readValue, valueText, type ValueSchema } from "./value-type.ts";

/** What a judge says. */
export interface Judgement {
  readonly value: JsonValue;
  readonly rationale: string;
}

/** An answer that was read, or why it could not be. */
export type ReadAnswer =
  | ({ readonly isRead: true } & Judgement)
  | { readonly isRead: false; /** A phrase. */ readonly problem: string };

const fence = "```";

/** What stands in the first fence that says it is JSON, on lines of its own. */
const fencedJson = (text: string): string | undefined => {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trimEnd().toLowerCase().endsWith(`${fence}json`));
  const end = lines.findIndex((line, index) => index > start && line.trimStart().startsWith(fence));
  return start === -1 || end === -1 ? undefined : lines.slice(start + 1, end).join("\n");
};

// Models that are asked for no Markdown still wrap JSON in it, and models that reason write before it. The text is a
// stranger's: no expression here may look at it more than once.
const withoutFence = (text: string): string => {
  const trimmed = text.trim();
  const isFenced = trimmed.length >= 2 * fence.length && trimmed.startsWith(fence) && trimmed.endsWith(fence);
  if (isFenced) return trimmed.slice(fence.length, -fence.length).replace(/^\w*/, "");
  return fencedJson(trimmed) ?? trimmed;
};

const unread = (problem: string): ReadAnswer => ({ isRead: false, problem });

/** Reads `{ "rationale", "result" }` strictly: anything else is not taken for a verdict. */
export const readVerdict = (text: string, schema: ValueSchema): ReadAnswer => {
  if (text.trim() === "") return unread("it is empty");
  const answer = parsedJson(withoutFence(text));
  if (!isObject(answer)) return unread("it is not one JSON object");
  const { result, rationale } = answer;
  if (result === undefined) return unread(`it has no "result"`);
  const value = readValue(schema, result);
  if (value === undefined) {
    return unread(`its "result" is ${quoteForMessage(stringifyJson(result))} rather than ${valueText(schema)}`);
  }
  if (typeof rationale !== "string") return unread(`it has no "rationale" that is a text`);
  return { isRead: true, value, rationale };
};
