import { stringifyJson, type JsonValue } from "@tracelake/wire";

/** A cell as text; `undefined` for NULL and for empty text, which says as little. */
export const textCell = (value: JsonValue | undefined): string | undefined => {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" ? value : stringifyJson(value);
};

/** A cell as a 64-bit integer; `undefined` for NULL and whatever is none. */
export const integerCell = (value: JsonValue | undefined): bigint | undefined => {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : undefined;
};

/** A MAP cell. */
export const mapCell = (value: JsonValue | undefined): Record<string, string> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, textCell(item) ?? ""]));
};
