import type { JsonValue } from "./any-value.ts";
import type { AnyValue, JsonAttribute, KeyValue } from "./messages.ts";
import type { ReverseWriter } from "./reverse-writer.ts";
import { deepestNesting } from "./schema.ts";

/**
 * The fields of `AnyValue`, `ArrayValue`, `KeyValueList` and `KeyValue`. They stand here a second time beside the table of
 * the messages, since nine tenths of a span are values, and a JSON value is written without becoming an `AnyValue` first.
 */
const field = { string: 1, bool: 2, int: 3, double: 4, array: 5, kvlist: 6, bytes: 7, values: 1, key: 1, value: 2 };

// Both readers refuse what is deeper; every JSON level is two levels of messages or more.
const deepestJson = Math.floor(deepestNesting / 3) - 3;

const writeText = (writer: ReverseWriter, text: string, number: number): void => {
  const before = writer.length;
  writer.text(text);
  writer.delimit(number, before);
};

const writeNumber = (writer: ReverseWriter, value: number): void => {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.int64(value);
    writer.tag(field.int, 0);
  } else {
    writer.double(value);
    writer.tag(field.double, 1);
  }
};

const writeArray = (writer: ReverseWriter, values: readonly JsonValue[], depth: number): void => {
  const before = writer.length;
  for (let index = values.length - 1; index >= 0; index--) {
    const beforeItem = writer.length;
    writeJson(writer, values[index] ?? null, depth + 1);
    writer.delimit(field.values, beforeItem);
  }
  writer.delimit(field.array, before);
};

const writeObject = (writer: ReverseWriter, object: { readonly [key: string]: JsonValue }, depth: number): void => {
  const before = writer.length;
  const keys = Object.keys(object);
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index] ?? "";
    const beforeEntry = writer.length;
    writeJsonEntry(writer, key, object[key] ?? null, depth + 1);
    writer.delimit(field.values, beforeEntry);
  }
  writer.delimit(field.kvlist, before);
};

/** The content of an `AnyValue`: what `toAnyValue` says of the same value. */
const writeJson = (writer: ReverseWriter, value: JsonValue, depth: number): void => {
  switch (typeof value) {
    case "string":
      writeText(writer, value, field.string);
      return;
    case "number":
      writeNumber(writer, value);
      return;
    case "boolean":
      writer.varint(value ? 1 : 0);
      writer.tag(field.bool, 0);
      return;
    case "bigint":
      writer.varint64(value);
      writer.tag(field.int, 0);
      return;
    default:
      if (value === null) return;
      if (depth > deepestJson) writeText(writer, "[Nested too deeply]", field.string);
      else if (Array.isArray(value)) writeArray(writer, value, depth);
      else writeObject(writer, value as { readonly [key: string]: JsonValue }, depth);
  }
};

const writeJsonEntry = (writer: ReverseWriter, key: string, value: JsonValue, depth: number): void => {
  const before = writer.length;
  writeJson(writer, value, depth);
  writer.delimit(field.value, before);
  writeText(writer, key, field.key);
};

const writeAnyValue = (writer: ReverseWriter, value: AnyValue): void => {
  if ("stringValue" in value) writeText(writer, value.stringValue, field.string);
  else if ("kvlistValue" in value) writeEach(writer, value.kvlistValue.values, writeAttribute, field.kvlist);
  else if ("arrayValue" in value) writeEach(writer, value.arrayValue.values, writeAnyValue, field.array);
  else if ("boolValue" in value) {
    writer.varint(value.boolValue ? 1 : 0);
    writer.tag(field.bool, 0);
  } else if ("intValue" in value) {
    writer.varint64(value.intValue);
    writer.tag(field.int, 0);
  } else if ("doubleValue" in value) {
    writer.double(value.doubleValue);
    writer.tag(field.double, 1);
  } else if ("bytesValue" in value) {
    const before = writer.length;
    writer.bytes(value.bytesValue);
    writer.delimit(field.bytes, before);
  }
};

const writeEach = <T>(
  writer: ReverseWriter,
  values: readonly T[],
  write: (writer: ReverseWriter, value: T) => void,
  number: number,
): void => {
  const before = writer.length;
  for (const value of values.toReversed()) {
    const beforeItem = writer.length;
    write(writer, value);
    writer.delimit(field.values, beforeItem);
  }
  writer.delimit(number, before);
};

/** The content of a message `AnyValue`. */
export const writeValueMessage = writeAnyValue;

/** The content of a message `KeyValue`, whose value is given as OTLP's or as JSON. */
export const writeAttribute = (writer: ReverseWriter, attribute: KeyValue | JsonAttribute): void => {
  if ("json" in attribute) {
    writeJsonEntry(writer, attribute.key, attribute.json, 0);
    return;
  }
  if (attribute.value !== undefined) {
    const before = writer.length;
    writeAnyValue(writer, attribute.value);
    writer.delimit(field.value, before);
  }
  writeText(writer, attribute.key, field.key);
};
