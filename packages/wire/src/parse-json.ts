import type { JsonValue } from "./otlp/any-value.ts";
import { rewriteJson } from "./rewrite-json.ts";

// The shortest integers that a double may not hold have as many digits.
const manyDigits = /\d{16}/;
const longInteger = /^-?[1-9]\d{15,}$/;

const exactInteger = (digits: string): number | bigint => {
  const narrow = Number(digits);
  return Number.isSafeInteger(narrow) ? narrow : BigInt(digits);
};

const parseMarked = (text: string): JsonValue => {
  // No text can hold a mark that is made after it. As a list it stands only where a value may, as the integer did.
  const mark = crypto.randomUUID();
  let isMarked = false;
  const marked = rewriteJson(text, (token) => {
    if (!longInteger.test(token)) return token;
    isMarked = true;
    return `["${mark}","${token}"]`;
  });
  if (!isMarked) return JSON.parse(text) as JsonValue;
  return JSON.parse(marked, (_key, value: unknown) =>
    Array.isArray(value) && value[0] === mark ? exactInteger(String(value[1])) : value,
  ) as JsonValue;
};

/**
 * `JSON.parse` that keeps integers beyond 2^53 exact, as `bigint`.
 *
 * @throws {SyntaxError}
 */
export const parseJson = (text: string): JsonValue =>
  manyDigits.test(text) ? parseMarked(text) : (JSON.parse(text) as JsonValue);
