import type { Tokens } from "./trace.ts";

const count = (usage: object, key: keyof Tokens): number | undefined => {
  const value: unknown = key in usage ? Reflect.get(usage, key) : undefined;
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
};

/** The token usage that MLflow keeps as a JSON object in an attribute or in the trace's metadata. */
export const parseTokenUsage = (json: string | undefined): Tokens | undefined => {
  if (json === undefined) return undefined;
  try {
    const usage: unknown = JSON.parse(json);
    if (typeof usage !== "object" || usage === null) return undefined;
    const keys = ["input_tokens", "output_tokens", "total_tokens"] as const;
    const known = keys.flatMap((key) => {
      const value = count(usage, key);
      return value === undefined ? [] : [[key, value] as const];
    });
    return known.length === 0 ? undefined : Object.fromEntries(known);
  } catch {
    return undefined;
  }
};
