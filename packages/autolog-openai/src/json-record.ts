import { isRecord, type JsonRecord } from "@tracelake/uc-exporter/plugin";

export { isRecord, type JsonRecord };

/** The objects of a list; none where the value is no list. */
export const recordsIn = (value: unknown): JsonRecord[] => (Array.isArray(value) ? value.filter(isRecord) : []);

export const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const asNumber = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
