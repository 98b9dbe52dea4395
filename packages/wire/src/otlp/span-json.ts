import { isRecord } from "../json-record.ts";
import { SpanKind, spanKindName, StatusCode, statusCodeName } from "../span-status.ts";
import type { JsonValue } from "./any-value.ts";
import { readerOf } from "./json.ts";
import type { Span } from "./messages.ts";
import { deepestNesting, span as spanSchema, type Field, type FieldType, type MessageSchema } from "./schema.ts";

type JsonObject = { [key: string]: JsonValue };

const snakeNames = new Map<string, string>();

/** Of a field of a schema, of which there are few, and which every span asks for. */
const snakeCase = (name: string): string => {
  let known = snakeNames.get(name);
  if (known === undefined) {
    known = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeNames.set(name, known);
  }
  return known;
};

const enumNames: Readonly<Record<string, (number: number) => string>> = { kind: spanKindName, code: statusCodeName };
const enumNumbers: Readonly<Record<string, number>> = { ...SpanKind, ...StatusCode };

const writeDouble = (value: number): JsonValue => (Number.isFinite(value) ? value : String(value));

const writeScalar = (field: Field, value: unknown): JsonValue => {
  switch (field.type()) {
    case "hex":
      return Buffer.from(String(value), "hex").toString("base64");
    case "bytes":
      return Buffer.from(value as Uint8Array).toString("base64");
    case "enum":
      return enumNames[field.name]?.(Number(value)) ?? Number(value);
    case "double":
      return writeDouble(Number(value));
    // protobuf's JSON writes 64-bit integers as text, which keeps all their digits.
    default:
      return typeof value === "bigint" ? value.toString() : (value as JsonValue);
  }
};

const writeField = (field: Field, value: unknown): JsonValue => {
  const type = field.type();
  return typeof type === "string" ? writeScalar(field, value) : writeMessage(type, value as Record<string, unknown>);
};

const writeMessage = (schema: MessageSchema, value: Readonly<Record<string, unknown>>): JsonObject => {
  const result: JsonObject = {};
  for (const field of schema.fields) {
    const given = value[field.name];
    if (given === undefined || (Array.isArray(given) && given.length === 0)) continue;
    result[snakeCase(field.name)] = Array.isArray(given)
      ? given.map((item: unknown) => writeField(field, item))
      : writeField(field, given);
  }
  return result;
};

/**
 * A span as `…/batchGet` answers it: protobuf's own JSON with proto names, in which ids are base64, 64-bit integers text
 * and enumerations names. OTLP's JSON, with its hexadecimal ids, is another.
 *
 * @see https://protobuf.dev/programming-guides/json/
 */
export const writeSpanJson = (span: Span): JsonObject => writeMessage(spanSchema, { ...span });

const isId = (text: string): boolean => /^([0-9a-fA-F]{16}){1,2}$/.test(text);

const normalizeScalar = (type: Exclude<FieldType, MessageSchema>, value: unknown): unknown => {
  if (typeof value !== "string") return value;
  if (type === "hex" && !isId(value)) return Buffer.from(value, "base64").toString("hex");
  return type === "enum" ? (enumNumbers[value] ?? value) : value;
};

// Into the form of OTLP's JSON, whose reader checks it.
const normalize = (type: FieldType, value: unknown, depth: number): unknown => {
  if (typeof type === "string") return normalizeScalar(type, value);
  if (!isRecord(value) || depth > deepestNesting) return value;
  const result: Record<string, unknown> = {};
  for (const field of type.fields) {
    const given = value[field.name] ?? value[snakeCase(field.name)];
    if (given === undefined) continue;
    result[field.name] = Array.isArray(given)
      ? given.map((item: unknown) => normalize(field.type(), item, depth + 1))
      : normalize(field.type(), given, depth + 1);
  }
  return result;
};

const readSpan = readerOf<Span>(spanSchema);

/**
 * Reads a span of a `…/batchGet` answer. Proto names and camelCase, ids in base64 and hexadecimal are understood.
 *
 * @throws {TracelakeError} `OTLP_INVALID`, naming the field.
 */
export const readSpanJson = (value: unknown): Span => readSpan(normalize(spanSchema, value, 0));
