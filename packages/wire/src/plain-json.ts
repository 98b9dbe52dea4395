import type { JsonValue } from "./otlp/any-value.ts";

/** A value as JSON readers elsewhere have it: integers beyond 2^53 become the doubles that are next to them. */
export const plainJson = (value: JsonValue): JsonValue => {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainJson(item)]));
};
