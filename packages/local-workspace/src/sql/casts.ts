import type { AstNode } from "./ast-node.ts";
import { callMacro, emitted, type Emitted, type KnownType } from "./emitted.ts";
import { unsupported } from "./refusal.ts";

interface SimpleType {
  /** Suffix of the cast macros, `tl_cast_<suffix>` and `tl_try_<suffix>`. */
  readonly macro: string;
  readonly type: KnownType;
}

const string: SimpleType = { macro: "string", type: "string" };
const tinyint: SimpleType = { macro: "tinyint", type: "integer" };
const smallint: SimpleType = { macro: "smallint", type: "integer" };
const int: SimpleType = { macro: "int", type: "integer" };
const bigint: SimpleType = { macro: "bigint", type: "integer" };
const float: SimpleType = { macro: "float", type: "double" };
const double: SimpleType = { macro: "double", type: "double" };
const boolean: SimpleType = { macro: "boolean", type: "boolean" };
const date: SimpleType = { macro: "date", type: "date" };
const timestamp: SimpleType = { macro: "timestamp", type: "timestamp" };

/** The simple types by every name that the parser or a user has for them. */
const simpleTypes: ReadonlyMap<string, SimpleType> = new Map([
  ["string", string],
  ["text", string],
  ["tinyint", tinyint],
  ["byte", tinyint],
  ["smallint", smallint],
  ["short", smallint],
  ["int", int],
  ["integer", int],
  ["bigint", bigint],
  ["long", bigint],
  ["float", float],
  ["real", float],
  ["double", double],
  ["boolean", boolean],
  ["date", date],
  ["timestamp", timestamp],
]);

const remedy = "Cast to STRING, INT, BIGINT, DOUBLE, DECIMAL(p,s), BOOLEAN, DATE or TIMESTAMP";

/** Casts by a Spark type name such as `bigint`; undefined where the name is no simple type. */
export const castToName = (operand: Emitted, typeName: string, attempt: boolean): Emitted | undefined => {
  const name = typeName.trim().toLowerCase().replaceAll("_", "");
  const decimal = /^decimal(?:\((\d+)(?:,\s*(\d+))?\))?$/.exec(name);
  if (decimal !== null) return castToDecimal(operand, Number(decimal[1] ?? 10), Number(decimal[2] ?? 0), attempt);
  const target = simpleTypes.get(name);
  if (target === undefined) return undefined;
  return callMacro(`${attempt ? "tl_try_" : "tl_cast_"}${target.macro}`, [operand], target.type);
};

/** DECIMAL is reached through text: from DOUBLE Spark rounds the written digits, DuckDB the binary value. */
const castToDecimal = (operand: Emitted, precision: number, scale: number, attempt: boolean): Emitted =>
  emitted(
    `${attempt ? "TRY_CAST" : "CAST"}(${callMacro("tl_digits", [operand]).text} AS DECIMAL(${precision}, ${scale}))`,
    "decimal",
  );

const isString = (type: AstNode | undefined): boolean => {
  const name = type?.text("data_type");
  return (name === "text" || name === "string") && type?.has("length") !== true;
};

/** Containers can be read out of a VARIANT only: elsewhere element casts would follow DuckDB's rules. */
const castToContainer = (operand: Emitted, target: AstNode, kind: string, attempt: boolean): Emitted | undefined => {
  if (operand.type !== "variant") return undefined;
  const cast = attempt ? "TRY_CAST" : "CAST";
  if (kind === "array" && isString(target.part("element_type"))) {
    return emitted(`${cast}(CAST(${operand.text} AS JSON) AS VARCHAR[])`);
  }
  if (kind === "map" && isString(target.part("key_type")) && isString(target.part("value_type"))) {
    return emitted(`${cast}(CAST(${operand.text} AS JSON) AS MAP(VARCHAR, VARCHAR))`);
  }
  return undefined;
};

/** Writes `CAST(operand AS target)` or, with `attempt`, `TRY_CAST`; `target` is the parser's data type. */
export const castTo = (operand: Emitted, target: AstNode, attempt: boolean): Emitted => {
  const kind = target.text("data_type") ?? "";
  const name = kind === "custom" ? (target.text("name") ?? "") : kind;
  const result =
    kind === "decimal"
      ? castToDecimal(operand, target.number("precision") ?? 10, target.number("scale") ?? 0, attempt)
      : (castToContainer(operand, target, kind, attempt) ?? castToName(operand, name, attempt));
  if (result === undefined) throw unsupported(`A cast to ${name.replaceAll("_", "").toUpperCase()}`, name, remedy);
  return result;
};
