import { rewriteJson } from "../rewrite-json.ts";
import { fromAnyValue, stringifyJson, type JsonValue } from "./any-value.ts";
import type { AnyValue } from "./messages.ts";

// A whole number that was a floating point number stays one: readers tell 1.0 from 1.
const doubleText = (value: number): string => {
  const text = stringifyJson(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
};

// protobuf leaves out what is empty, a key as well.
const keyOf = ({ key }: { readonly key?: string }): string => key ?? "";

/** An OTLP value as JSON text in which floating point numbers have a point or an exponent. */
export const anyValueText = (value: AnyValue | undefined): string => {
  if (value !== undefined) {
    if ("doubleValue" in value) return doubleText(value.doubleValue ?? 0);
    if ("arrayValue" in value) return `[${(value.arrayValue?.values ?? []).map(anyValueText).join(",")}]`;
    if ("kvlistValue" in value) {
      // A later entry of the same key wins.
      const byKey = new Map((value.kvlistValue?.values ?? []).map((entry) => [keyOf(entry), entry.value]));
      return `{${[...byKey].map(([key, item]) => `${JSON.stringify(key)}:${anyValueText(item)}`).join(",")}}`;
    }
  }
  return stringifyJson(fromAnyValue(value));
};

// Behind a lone NUL stands the text of a number, in front of everything else that is a string another one.
const mark = "\u0000";

const numberOf = (text: string): AnyValue => {
  if (!/^-?\d+$/.test(text)) return { doubleValue: Number(text) };
  const value = BigInt(text);
  return value === BigInt.asIntN(64, value) ? { intValue: value } : { doubleValue: Number(text) };
};

const fromMarked = (value: JsonValue): AnyValue => {
  if (value === null) return {};
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") {
    return value.startsWith(mark) ? numberOf(value.slice(1)) : { stringValue: value.slice(1) };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(fromMarked) } };
  const entries = Object.entries(value as { readonly [key: string]: JsonValue });
  return {
    kvlistValue: { values: entries.map(([key, item]) => ({ key: key.slice(1), value: fromMarked(item) })) },
  };
};

/**
 * Reads {@link anyValueText}: integers and floating point numbers are told apart, and no digit is lost.
 *
 * @throws {SyntaxError}
 */
export const readAnyValueText = (text: string): AnyValue => {
  JSON.parse(text);
  const marked = rewriteJson(text, (token) => JSON.stringify(mark + token), '"s');
  return fromMarked(JSON.parse(marked) as JsonValue);
};
