import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId,
  type DuckDBType,
} from "@duckdb/node-api";

const names: Partial<Record<DuckDBTypeId, string>> = {
  [DuckDBTypeId.BOOLEAN]: "BOOLEAN",
  [DuckDBTypeId.TINYINT]: "TINYINT",
  [DuckDBTypeId.SMALLINT]: "SMALLINT",
  [DuckDBTypeId.INTEGER]: "INT",
  [DuckDBTypeId.BIGINT]: "BIGINT",
  [DuckDBTypeId.UTINYINT]: "SMALLINT",
  [DuckDBTypeId.USMALLINT]: "INT",
  [DuckDBTypeId.UINTEGER]: "BIGINT",
  [DuckDBTypeId.UBIGINT]: "BIGINT",
  // DuckDB sums integers as HUGEINT, Databricks as BIGINT.
  [DuckDBTypeId.HUGEINT]: "BIGINT",
  [DuckDBTypeId.FLOAT]: "FLOAT",
  [DuckDBTypeId.DOUBLE]: "DOUBLE",
  [DuckDBTypeId.DATE]: "DATE",
  [DuckDBTypeId.TIMESTAMP]: "TIMESTAMP",
  [DuckDBTypeId.TIMESTAMP_S]: "TIMESTAMP",
  [DuckDBTypeId.TIMESTAMP_MS]: "TIMESTAMP",
  [DuckDBTypeId.TIMESTAMP_NS]: "TIMESTAMP",
  [DuckDBTypeId.TIMESTAMP_TZ]: "TIMESTAMP",
  [DuckDBTypeId.INTERVAL]: "INTERVAL",
  [DuckDBTypeId.BLOB]: "BINARY",
  [DuckDBTypeId.VARIANT]: "VARIANT",
  [DuckDBTypeId.SQLNULL]: "VOID",
};

/** A type as Databricks writes it, such as `ARRAY<STRUCT<name: STRING>>`. */
export const databricksType = (type: DuckDBType): string => {
  if (type instanceof DuckDBDecimalType) return `DECIMAL(${type.width},${type.scale})`;
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    return `ARRAY<${databricksType(type.valueType)}>`;
  }
  if (type instanceof DuckDBMapType) return `MAP<${databricksType(type.keyType)}, ${databricksType(type.valueType)}>`;
  if (type instanceof DuckDBStructType) {
    const fields = type.entryNames.map((name, index) => {
      const entry = type.entryTypes[index];
      return `${name}: ${entry === undefined ? "STRING" : databricksType(entry)}`;
    });
    return `STRUCT<${fields.join(", ")}>`;
  }
  return names[type.typeId] ?? "STRING";
};
