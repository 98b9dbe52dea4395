import {
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTypeId,
  DuckDBVariantValue,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import type { AnyValue, KeyValue } from "@tracelake/wire";

// JSON's numbers with a point or an exponent are DOUBLE, however whole they are.
const floating: ReadonlySet<DuckDBTypeId> = new Set([DuckDBTypeId.DOUBLE, DuckDBTypeId.FLOAT]);

const ofScalar = (value: DuckDBValue, type: DuckDBType | undefined): AnyValue => {
  if (value === null || value === undefined) return {};
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "bigint":
      return { intValue: value };
    case "number":
      return type !== undefined && !floating.has(type.typeId)
        ? { intValue: BigInt(Math.trunc(value)) }
        : { doubleValue: value };
    default:
      return value instanceof DuckDBDecimalValue
        ? { doubleValue: Number(value.toString()) }
        : { stringValue: value.toString() };
  }
};

/** The OTLP value of a VARIANT, with integers and floating point numbers told apart. */
export const anyValueOf = (value: DuckDBValue, type?: DuckDBType): AnyValue => {
  if (value instanceof DuckDBVariantValue) return anyValueOf(value.value, value.type);
  if (value instanceof DuckDBStructValue) return { kvlistValue: { values: keyValuesOf(value, type) } };
  if (value instanceof DuckDBListValue) {
    const itemType = type instanceof DuckDBListType ? type.valueType : undefined;
    return { arrayValue: { values: value.items.map((item) => anyValueOf(item, itemType)) } };
  }
  return ofScalar(value, type);
};

/** The OTLP attributes of a VARIANT that holds an object. */
export const keyValuesOf = (value: DuckDBValue, type?: DuckDBType): KeyValue[] => {
  if (value instanceof DuckDBVariantValue) return keyValuesOf(value.value, value.type);
  if (!(value instanceof DuckDBStructValue)) return [];
  const typeOf = (name: string): DuckDBType | undefined => {
    if (!(type instanceof DuckDBStructType)) return undefined;
    return type.entryTypes[type.entryNames.indexOf(name)];
  };
  return Object.entries(value.entries).map(([key, item]) => ({ key, value: anyValueOf(item, typeOf(key)) }));
};
