import { DataType, tableFromIPC, type Vector } from "apache-arrow";
import type { ResultPage } from "../../store/statements/result.ts";
import type { ResultHead } from "../../store/statements/statement.ts";
import type { Column } from "./structs.ts";

const nullsOf = (vector: Vector): Uint8Array => {
  const bits = new Uint8Array(Math.ceil(vector.length / 8));
  for (let index = 0; index < vector.length; index += 1) {
    if (vector.get(index) === null) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits;
};

/** The values of a column; what stands in place of a NULL is passed over by its reader. */
const valuesOf = <T>(vector: Vector, convert: (value: unknown) => T, instead: T): T[] => {
  const values: T[] = [];
  for (let index = 0; index < vector.length; index += 1) {
    const value: unknown = vector.get(index);
    values.push(value === null ? instead : convert(value));
  }
  return values;
};

const isoDateCharacters = 10;
const dateText = (value: unknown): string => new Date(Number(value)).toISOString().slice(0, isoDateCharacters);

const toBytes = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());

const columnOf = (vector: Vector): Column => {
  const nulls = nullsOf(vector);
  const { type } = vector;
  if (DataType.isBool(type)) return { boolVal: { values: valuesOf(vector, Boolean, false), nulls } };
  if (DataType.isInt(type)) {
    if (type.bitWidth === 64)
      return { i64Val: { values: valuesOf(vector, (value) => BigInt(String(value)), 0n), nulls } };
    const values = valuesOf(vector, Number, 0);
    if (type.bitWidth === 8) return { byteVal: { values, nulls } };
    return type.bitWidth === 16 ? { i16Val: { values, nulls } } : { i32Val: { values, nulls } };
  }
  if (DataType.isFloat(type)) return { doubleVal: { values: valuesOf(vector, Number, 0), nulls } };
  if (DataType.isBinary(type)) return { binaryVal: { values: valuesOf(vector, toBytes, new Uint8Array()), nulls } };
  return { stringVal: { values: valuesOf(vector, DataType.isDate(type) ? dateText : String, ""), nulls } };
};

/** A page for clients that read no Arrow: column by column, dates as text. The page was asked for without native types. */
export const columnsOfPage = ({ arrowSchema }: ResultHead, { batches }: ResultPage): Column[] => {
  const table = tableFromIPC(Buffer.concat([arrowSchema, ...batches.map(({ message }) => message)]));
  return table.schema.fields.map((_, index) => {
    const vector = table.getChildAt(index);
    return vector === null ? {} : columnOf(vector);
  });
};
