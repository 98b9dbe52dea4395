import type { DBSQLParameter } from "@databricks/sql";
import { parseJson, type JsonValue } from "@tracelake/wire";
import type { SqlColumn, SqlValue } from "./sql-client.ts";

/** The part of the driver's answer about columns that is read here. */
interface DriverSchema {
  readonly columns: readonly {
    readonly columnName: string;
    readonly position: number;
    readonly typeDesc: { readonly types: readonly { readonly primitiveEntry?: { readonly type: number } }[] };
  }[];
}

// TTypeId of Databricks' Thrift interface, as far as its names are not the SQL ones.
const typeNames: readonly string[] = [
  "BOOLEAN",
  "TINYINT",
  "SMALLINT",
  "INT",
  "BIGINT",
  "FLOAT",
  "DOUBLE",
  "STRING",
  "TIMESTAMP",
  "BINARY",
  "ARRAY",
  "MAP",
  "STRUCT",
  "UNION",
  "USER_DEFINED",
  "DECIMAL",
  "VOID",
  "DATE",
  "STRING",
  "STRING",
  "INTERVAL YEAR TO MONTH",
  "INTERVAL DAY TO SECOND",
];

/** The columns of an answer, in their order. */
export const columnsOf = (schema: DriverSchema | null): SqlColumn[] =>
  [...(schema?.columns ?? [])]
    .sort((a, b) => a.position - b.position)
    .map(({ columnName, typeDesc }) => ({
      name: columnName,
      type: typeNames[typeDesc.types[0]?.primitiveEntry?.type ?? -1] ?? "STRING",
    }));

/** A cell as the other interfaces give it: times as ISO 8601 text, binary as base64, 64-bit integers exact. */
export const toJsonValue = (value: unknown, type: string): JsonValue => {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return type === "DATE" ? value.toISOString().slice(0, 10) : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  switch (typeof value) {
    case "bigint":
    case "boolean":
      return value;
    case "number":
      return type === "BIGINT" ? BigInt(value) : value;
    case "string":
      return /^(?:ARRAY|MAP|STRUCT)$/.test(type) ? jsonOr(value) : value;
    case "object":
      return Array.isArray(value)
        ? value.map((item: unknown) => toJsonValue(item, ""))
        : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJsonValue(item, "")]));
    default:
      return null;
  }
};

const jsonOr = (text: string): JsonValue => {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

type ParameterClass = typeof DBSQLParameter;
type ParameterType = NonNullable<ConstructorParameters<ParameterClass>[0]["type"]>;

/** Named parameters in the driver's own form. */
export const driverParameters = (
  Parameter: ParameterClass,
  parameters: Readonly<Record<string, SqlValue>>,
): Record<string, DBSQLParameter> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const isTyped = typeof value === "object" && value !== null && !(value instanceof Date);
      return [
        name,
        isTyped ? new Parameter({ type: value.type as ParameterType, value: value.value }) : new Parameter({ value }),
      ];
    }),
  );
