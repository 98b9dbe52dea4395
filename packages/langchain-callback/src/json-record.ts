import { isRecord, type JsonRecord } from "@tracelake/uc-exporter/plugin";

export { isRecord, type JsonRecord };

/** The objects of a list; none where the value is no list. */
export const recordsIn = (value: unknown): JsonRecord[] =>
  Array.isArray(value) && value.length > 0 ? value.filter(isRecord) : [];

export const nonEmptyText = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

export const finiteNumber = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;
