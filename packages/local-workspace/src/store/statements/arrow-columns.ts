import {
  DuckDBArrayType,
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTypeId,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  Int8,
  List,
  Map_,
  Null,
  Struct,
  TimestampMicrosecond,
  Utf8,
  BufferType,
  Data,
  makeData,
  type DataType,
} from "apache-arrow";
import { databricksType } from "../type-names.ts";
import { exactLong } from "../values.ts";
import { microsOf, textOf } from "./text.ts";

/** Which types a client reads in Arrow's own form. It gets the others as text. */
export interface NativeTypes {
  readonly timestamps: boolean;
  readonly decimals: boolean;
  readonly containers: boolean;
  readonly nulls: boolean;
}

type Values = readonly DuckDBValue[];

/** How the values of one type become an Arrow column. */
export interface ColumnEncoder {
  readonly type: DataType;
  readonly encode: (values: Values) => Data;
}

interface Validity {
  readonly length: number;
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array | null;
}

const bitmapOf = (length: number, isSet: (index: number) => boolean): Uint8Array => {
  const bits = new Uint8Array(Math.ceil(length / 64) * 8);
  for (let index = 0; index < length; index += 1)
    if (isSet(index)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  return bits;
};

const validityOf = (values: Values): Validity => {
  const { length } = values;
  let nullCount = 0;
  for (const value of values) if (value === null) nullCount += 1;
  return {
    length,
    nullCount,
    nullBitmap: nullCount === 0 ? null : bitmapOf(length, (index) => values[index] !== null),
  };
};

/** A column of values one after the other, the lengths of which `offsets` tell where they differ. */
const dataOf = (
  type: DataType,
  values: Values,
  buffers: { readonly data: unknown; readonly offsets?: Int32Array },
): Data => {
  const { length, nullCount, nullBitmap } = validityOf(values);
  return new Data<DataType>(type, 0, length, nullCount, {
    [BufferType.DATA]: buffers.data,
    ...(buffers.offsets === undefined ? {} : { [BufferType.OFFSET]: buffers.offsets }),
    ...(nullBitmap === null ? {} : { [BufferType.VALIDITY]: nullBitmap }),
  });
};

/** A column of numbers, one after the other. */
const numbers = <T extends DataType, A extends { [index: number]: number | bigint }>(
  type: T,
  allocate: (length: number) => A,
  convert: (value: Exclude<DuckDBValue, null>) => A[number],
): ColumnEncoder => ({
  type,
  encode: (values) => {
    const data = allocate(values.length);
    values.forEach((value, index) => {
      if (value !== null) data[index] = convert(value);
    });
    return dataOf(type, values, { data });
  },
});

const plainNumber = (value: unknown): number => Number(value);

const long = (value: unknown): bigint => exactLong(typeof value === "bigint" ? value : BigInt(Number(value)));

const booleans: ColumnEncoder = {
  type: new Bool(),
  encode: (values) => dataOf(new Bool(), values, { data: bitmapOf(values.length, (index) => values[index] === true) }),
};

const offsetsOf = (lengths: readonly number[]): Int32Array => {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + length;
  });
  return offsets;
};

const none = Buffer.alloc(0);

/** A column of texts or bytes. */
const bytes = (type: Utf8 | Binary, convert: (value: Exclude<DuckDBValue, null>) => Uint8Array): ColumnEncoder => ({
  type,
  encode: (values) => {
    const parts = values.map((value) => (value === null ? none : convert(value)));
    const data = Buffer.concat(parts);
    return dataOf(type, values, { data, offsets: offsetsOf(parts.map((part) => part.length)) });
  },
});

const texts = (type: DuckDBType): ColumnEncoder =>
  bytes(new Utf8(), (value) => Buffer.from(typeof value === "string" ? value : textOf(type, value), "utf8"));

const decimals = ({ width, scale }: DuckDBDecimalType): ColumnEncoder => ({
  type: new Decimal(scale, width, 128),
  encode: (values) => {
    const data = new Uint32Array(values.length * 4);
    values.forEach((value, index) => {
      if (!(value instanceof DuckDBDecimalValue)) return;
      let rest = BigInt.asUintN(128, value.value);
      for (let word = 0; word < 4; word += 1, rest >>= 32n) data[index * 4 + word] = Number(rest & 0xffff_ffffn);
    });
    return dataOf(new Decimal(scale, width, 128), values, { data });
  },
});

const nothing: ColumnEncoder = {
  type: new Null(),
  encode: (values) => makeData({ type: new Null(), length: values.length }),
};

const itemsOf = (value: DuckDBValue): Values =>
  value instanceof DuckDBListValue || value instanceof DuckDBArrayValue ? value.items : [];

const lists = (item: ColumnEncoder): ColumnEncoder => {
  const type = new List(new Field("element", item.type, true));
  return {
    type,
    encode: (values) => {
      const all = values.map(itemsOf);
      const valueOffsets = offsetsOf(all.map((items) => items.length));
      return makeData({ type, ...validityOf(values), valueOffsets, child: item.encode(all.flat()) });
    },
  };
};

const structs = (fields: readonly (readonly [name: string, encoder: ColumnEncoder])[]): ColumnEncoder => {
  const type = new Struct(fields.map(([name, encoder]) => new Field(name, encoder.type, true)));
  return {
    type,
    encode: (values) => {
      const children = fields.map(([name, { encode }]) =>
        encode(values.map((value) => (value instanceof DuckDBStructValue ? (value.entries[name] ?? null) : null))),
      );
      return makeData({ type, ...validityOf(values), children });
    },
  };
};

const maps = (key: ColumnEncoder, item: ColumnEncoder): ColumnEncoder => {
  const entryType = new Struct([new Field("key", key.type, false), new Field("value", item.type, true)]);
  const type = new Map_(new Field("entries", entryType, false));
  return {
    type,
    encode: (values) => {
      const all = values.map((value) => (value instanceof DuckDBMapValue ? value.entries : []));
      const entries = all.flat();
      const children = [
        key.encode(entries.map((entry) => entry.key)),
        item.encode(entries.map(({ value }) => value ?? null)),
      ];
      const child = makeData({ type: entryType, length: entries.length, nullCount: 0, nullBitmap: null, children });
      return makeData({ type, ...validityOf(values), valueOffsets: offsetsOf(all.map(({ length }) => length)), child });
    },
  };
};

const narrow = (allocateType: DataType, array: (length: number) => Int8Array | Int16Array | Int32Array) =>
  numbers(allocateType, array, plainNumber);

const longs = numbers(new Int64(), (length) => new BigInt64Array(length), long);
const ints = narrow(new Int32(), (length) => new Int32Array(length));
const shorts = narrow(new Int16(), (length) => new Int16Array(length));

/** The time zone in which SQL warehouses answer. */
const timestamps = numbers(
  new TimestampMicrosecond("Etc/UTC"),
  (length) => new BigInt64Array(length),
  (value) => microsOf(value) ?? 0n,
);

const scalars: Partial<Record<DuckDBTypeId, ColumnEncoder>> = {
  [DuckDBTypeId.BOOLEAN]: booleans,
  [DuckDBTypeId.TINYINT]: narrow(new Int8(), (length) => new Int8Array(length)),
  [DuckDBTypeId.UTINYINT]: shorts,
  [DuckDBTypeId.SMALLINT]: shorts,
  [DuckDBTypeId.USMALLINT]: ints,
  [DuckDBTypeId.INTEGER]: ints,
  [DuckDBTypeId.UINTEGER]: longs,
  [DuckDBTypeId.BIGINT]: longs,
  [DuckDBTypeId.UBIGINT]: longs,
  [DuckDBTypeId.HUGEINT]: longs,
  [DuckDBTypeId.FLOAT]: numbers(new Float32(), (length) => new Float32Array(length), plainNumber),
  [DuckDBTypeId.DOUBLE]: numbers(new Float64(), (length) => new Float64Array(length), plainNumber),
  [DuckDBTypeId.DATE]: numbers(
    new DateDay(),
    (length) => new Int32Array(length),
    (value) => (value instanceof DuckDBDateValue ? value.days : 0),
  ),
  [DuckDBTypeId.BLOB]: bytes(new Binary(), (value) => (value instanceof DuckDBBlobValue ? value.bytes : none)),
};

const containerEncoder = (type: DuckDBType, natives: NativeTypes): ColumnEncoder | undefined => {
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType)
    return lists(encoderOf(type.valueType, natives));
  if (type instanceof DuckDBMapType) return maps(encoderOf(type.keyType, natives), encoderOf(type.valueType, natives));
  if (!(type instanceof DuckDBStructType)) return undefined;
  return structs(type.entryTypes.map((entry, index) => [type.entryNames[index] ?? "", encoderOf(entry, natives)]));
};

/** How values of a type of the engine travel in Arrow, for a client that reads `natives` as they are. */
export const encoderOf = (type: DuckDBType, natives: NativeTypes): ColumnEncoder => {
  const container = containerEncoder(type, natives);
  if (container !== undefined) return natives.containers ? container : texts(type);
  if (type instanceof DuckDBDecimalType) return natives.decimals ? decimals(type) : texts(type);
  if (type.typeId === DuckDBTypeId.SQLNULL) return natives.nulls ? nothing : texts(type);
  if (databricksType(type) === "TIMESTAMP") return natives.timestamps ? timestamps : texts(type);
  return scalars[type.typeId] ?? texts(type);
};
