import { parseJson, stringifyJson, quoteForMessage, type JsonValue } from "@tracelake/wire";
import { isObject } from "../reading/json-kinds.ts";
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

// Models that are asked for no Markdown still wrap JSON in it, and models that reason write before it.
const withoutFence = (text: string): string => {
  const trimmed = text.trim();
  return (
    /^```\w*\s*\n?(.*?)\n?\s*```$/s.exec(trimmed)?.[1] ?? /```json\s*\n(.*?)\n\s*```/is.exec(trimmed)?.[1] ?? trimmed
  );
};

const parse = (text: string): JsonValue | undefined => {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
};

const unread = (problem: string): ReadAnswer => ({ isRead: false, problem });

/** Reads `{ "rationale", "result" }` strictly: anything else is not taken for a verdict. */
export const readVerdict = (text: string, schema: ValueSchema): ReadAnswer => {
  if (text.trim() === "") return unread("it is empty");
  const answer = parse(withoutFence(text));
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
