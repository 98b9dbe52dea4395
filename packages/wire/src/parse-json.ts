import type { JsonValue } from "./otlp/any-value.ts";

const stringOrLongInteger = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;
// No other text of a result starts so: a lone NUL is the mark.
const mark = "\u0000int:";

const restoreInteger = (_key: string, value: unknown): unknown =>
  typeof value === "string" && value.startsWith(mark) ? exactInteger(value.slice(mark.length)) : value;

const exactInteger = (digits: string): number | bigint => {
  const narrow = Number(digits);
  return Number.isSafeInteger(narrow) ? narrow : BigInt(digits);
};

/**
 * `JSON.parse` that keeps integers beyond 2^53 exact, as `bigint`.
 *
 * @throws {SyntaxError}
 */
export const parseJson = (text: string): JsonValue => {
  const marked = text.replace(stringOrLongInteger, (token) =>
    token.startsWith('"') ? token : JSON.stringify(mark + token),
  );
  return JSON.parse(marked, restoreInteger) as JsonValue;
};
