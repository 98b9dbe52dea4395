import type { TokenUsage } from "./attribute-keys.ts";
import { isRecord } from "./json-record.ts";

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

const parsedOrNothing = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/**
 * The token usage that MLflow keeps as a JSON object in an attribute of a span and in a trace's metadata, as far as it is
 * given; `undefined` where it says nothing.
 */
export const parseTokenUsage = (json: string | undefined): Partial<TokenUsage> | undefined => {
  const given = json === undefined ? undefined : parsedOrNothing(json);
  if (!isRecord(given)) return undefined;
  let usage: Partial<TokenUsage> | undefined;
  for (const key of keys) {
    const count = countOf(given[key]);
    if (count !== undefined) (usage ??= {})[key] = count;
  }
  return usage;
};
