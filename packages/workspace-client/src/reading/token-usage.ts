import type { TokenUsage } from "@tracelake/wire";
import { parseJsonObject } from "../json-object.ts";

const keys = [
  "input_tokens",
  "output_tokens",
  "total_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const satisfies readonly (keyof TokenUsage)[];

const countOf = (value: unknown): number | undefined => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
};

/**
 * The token usage that MLflow keeps as a JSON object in an attribute of a span and in a trace's metadata, as far as it is
 * given; `undefined` where it says nothing.
 */
export const parseTokenUsage = (json: string | undefined): Partial<TokenUsage> | undefined => {
  if (json === undefined) return undefined;
  const usage = parseJsonObject(json);
  const known = keys.flatMap((key) => {
    const count = countOf(usage[key]);
    return count === undefined ? [] : [[key, count] as const];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
};
