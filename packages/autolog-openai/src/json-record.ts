export { isRecord, recordsIn, type JsonRecord } from "@tracelake/uc-exporter/plugin";

export const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const asNumber = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
