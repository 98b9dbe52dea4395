/** What an object of JSON is, before anything is known of it. */
export type JsonRecord = Record<string, unknown>;

/** Whether a value is an object, and neither `null` nor a list. */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The objects of a list; none where the value is no list. */
export const recordsIn = (value: unknown): JsonRecord[] =>
  Array.isArray(value) && value.length > 0 ? value.filter(isRecord) : [];
