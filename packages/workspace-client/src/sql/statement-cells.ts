import { parseJson, type JsonValue } from "@tracelake/wire";

const structured = /^(?:ARRAY|MAP|STRUCT|VARIANT)\b/i;
const longInteger = /^(?:BIGINT|LONG)\b/i;
const number = /^(?:TINYINT|SMALLINT|INT|INTEGER|BYTE|SHORT|FLOAT|DOUBLE)\b/i;

/** A value of the Statement Execution API, which sends text only, as its column's type has it. */
export const typedCell = (text: string | null, type: string): JsonValue => {
  if (text === null) return null;
  if (longInteger.test(type)) return /^-?\d+$/.test(text) ? BigInt(text) : text;
  if (number.test(type)) return numberCell(text);
  if (/^BOOLEAN\b/i.test(type)) return text === "true" ? true : text === "false" ? false : text;
  return structured.test(type) ? jsonCell(text) : text;
};

// Infinity and NaN are no JSON; they stay the text they come as.
const numberCell = (text: string): JsonValue => {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? value : text;
};

const jsonCell = (text: string): JsonValue => {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};
