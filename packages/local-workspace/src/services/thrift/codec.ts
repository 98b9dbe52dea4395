import { assertDepth, type BinaryReader } from "./binary-reader.ts";
import type { BinaryWriter } from "./binary-writer.ts";
import { ThriftError } from "./thrift-error.ts";
import { WireType } from "./wire-type.ts";

type Scalar = "bool" | "byte" | "i16" | "i32" | "i64" | "double" | "string" | "binary";

/** A field of a struct: its number in the interface definition, and its type. */
type Fields = Readonly<Record<string, readonly [id: number, type: FieldType]>>;

/** The fields of a struct by name. All are optional, and unknown ones are passed over. */
export interface Struct<F extends Fields = Fields> {
  readonly kind: "struct";
  readonly fields: F;
  readonly byId: ReadonlyMap<number, readonly [name: string, type: FieldType]>;
}

interface List<T extends FieldType = FieldType> {
  readonly kind: "list";
  readonly item: T;
}

interface TextMap<T extends FieldType = FieldType> {
  readonly kind: "map";
  readonly value: T;
}

export type FieldType = Scalar | Struct | { readonly kind: "list"; readonly item: FieldType } | TextMapType;

interface TextMapType {
  readonly kind: "map";
  readonly value: FieldType;
}

/** What TypeScript holds for a type of the interface definition. */
export type ValueOf<T> = T extends "bool"
  ? boolean
  : T extends "byte" | "i16" | "i32" | "double"
    ? number
    : T extends "i64"
      ? bigint
      : T extends "string"
        ? string
        : T extends "binary"
          ? Uint8Array
          : T extends { readonly kind: "struct"; readonly fields: infer F extends Fields }
            ? { readonly [Name in keyof F]?: ValueOf<F[Name][1]> | undefined }
            : T extends { readonly kind: "list"; readonly item: infer Item }
              ? readonly ValueOf<Item>[]
              : T extends { readonly kind: "map"; readonly value: infer Item }
                ? ReadonlyMap<string, ValueOf<Item>>
                : never;

export const struct = <const F extends Fields>(fields: F): Struct<F> => ({
  kind: "struct",
  fields,
  byId: new Map(Object.entries(fields).map(([name, [id, type]]) => [id, [name, type]])),
});

export const list = <const T extends FieldType>(item: T): List<T> => ({ kind: "list", item });

/** A map with texts as its keys; TCLIService has no others. */
export const textMap = <const T extends FieldType>(value: T): TextMap<T> => ({ kind: "map", value });

const scalarWireTypes: Readonly<Record<Scalar, WireType>> = {
  bool: WireType.BOOL,
  byte: WireType.BYTE,
  i16: WireType.I16,
  i32: WireType.I32,
  i64: WireType.I64,
  double: WireType.DOUBLE,
  string: WireType.STRING,
  binary: WireType.STRING,
};

const wireTypes = { struct: WireType.STRUCT, list: WireType.LIST, map: WireType.MAP } as const;

const wireTypeOf = (type: FieldType): WireType =>
  typeof type === "string" ? scalarWireTypes[type] : wireTypes[type.kind];

const scalarReaders: Readonly<Record<Scalar, (reader: BinaryReader) => unknown>> = {
  bool: (reader) => reader.byte() !== 0,
  byte: (reader) => reader.byte(),
  i16: (reader) => reader.i16(),
  i32: (reader) => reader.i32(),
  i64: (reader) => reader.i64(),
  double: (reader) => reader.double(),
  string: (reader) => reader.string(),
  binary: (reader) => reader.binary(),
};

const scalarWriters: Readonly<Record<Scalar, (writer: BinaryWriter, value: never) => void>> = {
  bool: (writer, value: boolean) => writer.byte(value ? 1 : 0),
  byte: (writer, value: number) => writer.byte(value),
  i16: (writer, value: number) => writer.i16(value),
  i32: (writer, value: number) => writer.i32(value),
  i64: (writer, value: bigint) => writer.i64(value),
  double: (writer, value: number) => writer.double(value),
  string: (writer, value: string) => writer.string(value),
  binary: (writer, value: Uint8Array) => writer.binary(value),
};

const readItem = (reader: BinaryReader, type: FieldType, depth: number): unknown => {
  assertDepth(depth);
  if (typeof type === "string") return scalarReaders[type](reader);
  if (type.kind === "struct") return readFields(reader, type, depth);
  if (type.kind === "list") return readList(reader, type, depth);
  return readMap(reader, type, depth);
};

const expectType = (reader: BinaryReader, expected: FieldType): void => {
  const seen = reader.byte();
  if (seen !== wireTypeOf(expected)) throw new ThriftError(`a container holds the type ${seen}`);
};

const readList = (reader: BinaryReader, { item }: List, depth: number): unknown[] => {
  expectType(reader, item);
  const values: unknown[] = [];
  const size = reader.size(wireTypeOf(item));
  for (let index = 0; index < size; index += 1) values.push(readItem(reader, item, depth + 1));
  return values;
};

const readMap = (reader: BinaryReader, { value }: TextMap, depth: number): Map<string, unknown> => {
  expectType(reader, "string");
  expectType(reader, value);
  const entries = new Map<string, unknown>();
  const size = reader.size(WireType.STRING, wireTypeOf(value));
  for (let index = 0; index < size; index += 1) {
    const key = reader.string();
    entries.set(key, readItem(reader, value, depth + 1));
  }
  return entries;
};

const readFields = (reader: BinaryReader, { byId }: Struct, depth: number): Record<string, unknown> => {
  const result: Record<string, unknown> = {};
  for (let type = reader.byte(); type !== WireType.STOP; type = reader.byte()) {
    const [name, expected] = byId.get(reader.i16()) ?? [];
    // An older or newer client may give a field another type; Thrift's own readers pass over it too.
    if (name === undefined || expected === undefined || wireTypeOf(expected) !== type) reader.skip(type, depth + 1);
    else result[name] = readItem(reader, expected, depth + 1);
  }
  return result;
};

/** @throws {ThriftError} on anything that is not a struct, and on nesting that none of TCLIService's structs has. */
export const readStruct = <F extends Fields>(reader: BinaryReader, type: Struct<F>): ValueOf<Struct<F>> =>
  readFields(reader, type, 0) as ValueOf<Struct<F>>;

const writeItem = (writer: BinaryWriter, type: FieldType, value: unknown): void => {
  if (typeof type === "string") scalarWriters[type](writer, value as never);
  else if (type.kind === "struct") writeFields(writer, type, value as object);
  else if (type.kind === "list") {
    const items = value as readonly unknown[];
    writer.byte(wireTypeOf(type.item));
    writer.i32(items.length);
    for (const item of items) writeItem(writer, type.item, item);
  } else {
    const entries = value as ReadonlyMap<string, unknown>;
    writer.byte(WireType.STRING);
    writer.byte(wireTypeOf(type.value));
    writer.i32(entries.size);
    for (const [key, item] of entries) {
      writer.string(key);
      writeItem(writer, type.value, item);
    }
  }
};

const writeFields = (writer: BinaryWriter, { fields }: Struct, value: object): void => {
  for (const [name, [id, type]] of Object.entries(fields)) {
    const present = (value as Readonly<Record<string, unknown>>)[name];
    if (present === undefined) continue;
    writer.byte(wireTypeOf(type));
    writer.i16(id);
    writeItem(writer, type, present);
  }
  writer.byte(WireType.STOP);
};

export const writeStruct = <F extends Fields>(writer: BinaryWriter, type: Struct<F>, value: ValueOf<Struct<F>>): void =>
  writeFields(writer, type, value);
