import {
  DuckDBListType,
  DuckDBStructType,
  DuckDBVariantType,
  LIST,
  STRUCT,
  VARCHAR,
  type DuckDBType,
} from "@duckdb/node-api";

/** The same type with text in place of every VARIANT. */
export const withoutVariant = (type: DuckDBType): DuckDBType => {
  if (type instanceof DuckDBVariantType) return VARCHAR;
  if (type instanceof DuckDBListType) return LIST(withoutVariant(type.valueType));
  if (type instanceof DuckDBStructType) {
    return STRUCT(
      Object.fromEntries(
        type.entryNames.map((name, index) => [name, withoutVariant(type.entryTypes[index] ?? VARCHAR)]),
      ),
    );
  }
  return type;
};
