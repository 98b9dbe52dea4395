import { quoteForMessage, type JsonValue } from "@tracelake/wire";
import type { AssessmentError } from "@tracelake/workspace-client";
import type { Feedback } from "../feedback.ts";
import { isObject, type JsonObject } from "../reading/json-kinds.ts";

/** What code found, as feedback, or why it is none. */
export type ReadFinding =
  | { readonly isRead: true; readonly feedbacks: readonly Feedback[] }
  | { readonly isRead: false; readonly problem: string };

const deepest = 100;

/** A copy that holds JSON and nothing else; `undefined` where the value is something else. Getters and proxies may throw. */
const copyJson = (value: unknown, depth = 0): JsonValue | undefined => {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "bigint")
    return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object" || depth > deepest) return undefined;
  if (Array.isArray(value)) {
    const items = Array.from(value, (item: unknown) => copyJson(item, depth + 1));
    return items.some((item) => item === undefined) ? undefined : (items as readonly JsonValue[]);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return undefined;
  const entries = Object.entries(value).map(([key, item]) => [key, copyJson(item, depth + 1)] as const);
  return entries.some(([, item]) => item === undefined)
    ? undefined
    : (Object.fromEntries(entries) as Readonly<Record<string, JsonValue>>);
};

const feedbackKeys: ReadonlySet<string> = new Set<keyof Feedback>([
  "name",
  "value",
  "rationale",
  "error",
  "source",
  "metadata",
  "spanId",
]);

const isTextRecord = (value: JsonValue): boolean =>
  isObject(value) && Object.values(value).every((item) => typeof item === "string");

const isText = (value: JsonValue): boolean => typeof value === "string";

/** What each field of a feedback beside its value has to be, and how that is called. */
const fieldForms: readonly (readonly [keyof Feedback, (value: JsonValue) => boolean, string])[] = [
  ["name", (value) => typeof value === "string" && value !== "", "a text that is not empty"],
  ["rationale", isText, "a text"],
  ["spanId", (value) => typeof value === "string" && /^[0-9a-f]{16}$/.test(value), "16 hexadecimal characters"],
  ["metadata", isTextRecord, "an object of texts"],
  ["error", (value) => isObject(value) && isText(value["code"] ?? null), "an object with a `code`"],
  [
    "source",
    (value) => isObject(value) && isText(value["type"] ?? null) && isText(value["id"] ?? null),
    "an object with `type` and `id`",
  ],
];

const problemOf = (fields: JsonObject): string | undefined => {
  const foreign = Object.keys(fields).find((key) => !feedbackKeys.has(key));
  if (foreign !== undefined) return `an object with ${quoteForMessage(foreign)} is no feedback`;
  if (fields["value"] === undefined && fields["error"] === undefined) return "an object without `value` is no feedback";
  const wrong = fieldForms.find(([key, isRight]) => fields[key] !== undefined && !isRight(fields[key]));
  return wrong === undefined ? undefined : `\`${wrong[0]}\` is not ${wrong[2]}`;
};

const withoutUndefined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));

const readFeedback = (value: object): Feedback | string => {
  const error: unknown = "error" in value ? value.error : undefined;
  const fields = copyJson(withoutUndefined(error instanceof Error ? { ...value, error: errorOf(error) } : value));
  if (!isObject(fields)) return "it holds something that is not JSON";
  const problem = problemOf(fields);
  return problem ?? fields;
};

const errorOf = ({ name, message }: Error): AssessmentError => ({ code: name, message });

const refused = (problem: string): ReadFinding => ({ isRead: false, problem });

/** Reads what a scorer's code returned. May throw where a value throws when it is looked at. */
export const readFinding = (finding: unknown, scorerName: string): ReadFinding => {
  if (finding === null || finding === undefined) return { isRead: true, feedbacks: [] };
  if (typeof finding !== "object") {
    const value = copyJson(finding);
    return value === undefined
      ? refused(`${quoteForMessage(finding)} is no JSON`)
      : { isRead: true, feedbacks: [{ value }] };
  }
  const items: unknown[] = Array.isArray(finding) ? Array.from<unknown>(finding) : [finding];
  const feedbacks: Feedback[] = [];
  for (const item of items) {
    if (typeof item !== "object" || item === null || Array.isArray(item)) {
      return refused(`a list of ${item === null ? "null" : typeof item} is no list of feedback`);
    }
    const read = readFeedback(item);
    if (typeof read === "string") return refused(read);
    feedbacks.push(read);
  }
  const names = feedbacks.map(({ name = scorerName }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined
    ? { isRead: true, feedbacks }
    : refused(`two feedbacks are named ${quoteForMessage(twice)}`);
};
