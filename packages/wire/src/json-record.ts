/** What an object of JSON is, before anything is known of it. */
export type JsonRecord = Record<string, unknown>;

/** Whether a value is an object, and neither `null` nor a list. */
export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value);
