import type { AnyValue, KeyValue } from "./messages.ts";

/** A value that JSON can hold, and integers beyond 2^53. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

// OTLP's int64 and a double hold different numbers; whole numbers beyond this are doubles in JavaScript already.
const isInt64 = (value: number): boolean => Number.isSafeInteger(value);

/**
 * The structured OTLP value of a JSON value: objects become `kvlistValue`, arrays `arrayValue`, `null` the empty value,
 * as MLflow's Python client writes them. Whole numbers become integers.
 */
export const toAnyValue = (value: JsonValue): AnyValue => {
  if (value === null) return {};
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "bigint":
      return { intValue: value };
    case "number":
      return isInt64(value) && !Object.is(value, -0) ? { intValue: BigInt(value) } : { doubleValue: value };
    default:
      return Array.isArray(value)
        ? { arrayValue: { values: value.map(toAnyValue) } }
        : { kvlistValue: { values: toKeyValues(value as { readonly [key: string]: JsonValue }) } };
  }
};

/** The entries of an object as OTLP attributes. */
export const toKeyValues = (value: { readonly [key: string]: JsonValue }): KeyValue[] =>
  Object.entries(value).map(([key, item]) => ({ key, value: toAnyValue(item) }));

/** The JSON value of an OTLP value. Bytes become base64 text; the empty value becomes `null`. */
export const fromAnyValue = (value: AnyValue | undefined): JsonValue => {
  if (value === undefined) return null;
  if ("stringValue" in value) return value.stringValue;
  if ("boolValue" in value) return value.boolValue;
  if ("intValue" in value) {
    const narrow = Number(value.intValue);
    return Number.isSafeInteger(narrow) ? narrow : value.intValue;
  }
  if ("doubleValue" in value) return value.doubleValue;
  if ("arrayValue" in value) return value.arrayValue.values.map(fromAnyValue);
  if ("kvlistValue" in value) return fromKeyValues(value.kvlistValue.values);
  if ("bytesValue" in value) return Buffer.from(value.bytesValue).toString("base64");
  return null;
};

/** OTLP attributes as an object. `__proto__` is an ordinary key. */
export const fromKeyValues = (entries: readonly KeyValue[]): { [key: string]: JsonValue } =>
  Object.fromEntries(entries.map(({ key, value }) => [key, fromAnyValue(value)]));

/** `JSON.stringify` that writes `bigint` as a number with all its digits and non-finite numbers as text. */
export const stringifyJson = (value: JsonValue): string => {
  if (value === null) return "null";
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
    case "object":
      return Array.isArray(value)
        ? `[${value.map(stringifyJson).join(",")}]`
        : `{${Object.entries(value)
            .map(([key, item]) => `${JSON.stringify(key)}:${stringifyJson(item)}`)
            .join(",")}}`;
    default:
      return JSON.stringify(value);
  }
};
