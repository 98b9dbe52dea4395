import {
  isFraction,
  isInteger,
  isText,
  isVariant,
  macro,
  plainTextBranches,
  raise,
  variantText,
} from "./macro-text.ts";
import { textCastMacros } from "./macro-text-casts.ts";

/**
 * Casts, each in two forms. The plain name has an overload for each type, and the engine picks one. The engine cannot
 * see the type of an aggregate, a window function or a lambda's parameter when it picks; for those the name with `_any`
 * decides while it runs, and repeats its argument for that.
 */
const bothForms = (name: string, overloads: readonly string[], any: string): string[] => [
  macro(name, ...overloads),
  macro(`${name}_any`, `(x) AS ${any}`),
];

type Mode = "cast" | "try";
const modes = ["cast", "try"] as const;
const castOf = (mode: Mode): string => (mode === "cast" ? "CAST" : "TRY_CAST");

const integerTypes = [
  ["tinyint", "TINYINT"],
  ["smallint", "SMALLINT"],
  ["int", "INTEGER"],
  ["bigint", "BIGINT"],
] as const;

/** Spark truncates fractions and takes only whole numbers from text; DuckDB rounds both. */
const integerCast = (name: string, type: string, mode: Mode): string[] => {
  const cast = castOf(mode);
  const failure = (text: string): string =>
    mode === "try"
      ? "NULL"
      : raise("CAST_INVALID_INPUT", `The value cannot be cast to ${type}; try_cast gives NULL instead`, {
          value: text,
          over: [],
        });
  const fromText = (text: string): string =>
    `CASE WHEN ${text} IS NULL THEN NULL WHEN regexp_full_match(trim(${text}), '[+-]?[0-9]+') THEN ${cast}(trim(${text}) AS ${type}) ELSE ${failure(text)} END`;
  const truncated = (value: string): string => `${cast}(trunc(${value}) AS ${type})`;
  const ofVariant = (value: string): string => {
    const text = variantText(value);
    const kind = `variant_typeof(CAST(${value} AS VARIANT))`;
    return `CASE WHEN ${kind} IN ('DOUBLE', 'FLOAT') OR ${kind} LIKE 'DECIMAL%' THEN ${truncated(`${cast}(${text} AS DOUBLE)`)} WHEN ${kind} LIKE 'BOOL%' THEN ${cast}(${cast}(${text} AS BOOLEAN) AS ${type}) ELSE ${fromText(text)} END`;
  };
  const ofTime = (value: string): string => `${cast}(floor(epoch_us(${value}) / 1000000) AS ${type})`;
  return bothForms(
    `tl_${mode}_${name}`,
    [
      `(x VARCHAR) AS ${fromText("x")}`,
      `(x VARIANT) AS ${ofVariant("x")}`,
      `(x BOOLEAN) AS ${cast}(x AS ${type})`,
      `(x BIGINT) AS ${cast}(x AS ${type})`,
      `(x HUGEINT) AS ${cast}(x AS ${type})`,
      `(x DOUBLE) AS ${truncated("x")}`,
      `(x TIMESTAMP) AS ${ofTime("x")}`,
    ],
    `CASE WHEN ${isText("x")} THEN ${fromText("CAST(x AS VARCHAR)")} WHEN ${isVariant("x")} THEN ${ofVariant("x")} WHEN ${isFraction("x")} THEN ${truncated("TRY_CAST(x AS DOUBLE)")} WHEN typeof(x) IN ('TIMESTAMP', 'DATE') THEN ${ofTime("TRY_CAST(x AS TIMESTAMP)")} ELSE ${cast}(x AS ${type}) END`,
  );
};

/** Casts that DuckDB does as Spark does, but for those from text. */
const likeCast = (name: string, type: string, mode: Mode): string[] => {
  const cast = castOf(mode);
  const fromText = (text: string): string =>
    `CAST(tl_${mode}_text_${type === "BOOLEAN" ? "boolean" : "double"}(${text}) AS ${type})`;
  return bothForms(
    `tl_${mode}_${name}`,
    [`(x VARCHAR) AS ${fromText("x")}`, `(x VARIANT) AS ${fromText(variantText("x"))}`, `(x) AS ${cast}(x AS ${type})`],
    `CASE WHEN ${isVariant("x")} THEN ${fromText(variantText("x"))} WHEN ${isText("x")} THEN ${fromText("CAST(x AS VARCHAR)")} ELSE ${cast}(x AS ${type}) END`,
  );
};

// Spark keeps a fraction of JSON as it was written, in a DECIMAL, and DuckDB as a DOUBLE: 1.0 and 1e0 are the same there.
const variantString = (value: string): string => {
  const text = variantText(value);
  const isDouble = `variant_typeof(CAST(${value} AS VARIANT)) IN ('DOUBLE', 'FLOAT')`;
  const refusal = raise(
    "SQL_UNSUPPORTED",
    "The text of a whole or very large fraction in a VARIANT is not available in the local workspace. Cast it to DOUBLE or BIGINT first",
    { value: text, over: [value] },
  );
  return `CASE WHEN ${isDouble} AND (${text} LIKE '%.0' OR ${text} LIKE '%e%') THEN ${refusal} ELSE ${text} END`;
};

const stringCast = (mode: Mode): string[] =>
  bothForms(
    `tl_${mode}_string`,
    ["(x VARCHAR) AS x", `(x VARIANT) AS ${variantString("x")}`, `(x) AS CASE ${plainTextBranches("x")}`],
    `CASE WHEN ${isVariant("x")} THEN ${variantString("x")} ${plainTextBranches("x")}`,
  );

const dateCast = (mode: Mode): string[] => {
  const cast = castOf(mode);
  return bothForms(
    `tl_${mode}_date`,
    [
      `(x VARCHAR) AS tl_${mode}_text_date(x)`,
      `(x VARIANT) AS tl_${mode}_text_date(${variantText("x")})`,
      "(x TIMESTAMP) AS CAST(x AS DATE)",
      "(x DATE) AS x",
    ],
    `CASE WHEN ${isVariant("x")} THEN tl_${mode}_text_date(${variantText("x")}) WHEN ${isText("x")} THEN tl_${mode}_text_date(CAST(x AS VARCHAR)) ELSE ${cast}(x AS DATE) END`,
  );
};

/** Numbers are seconds since the epoch, with fractions cut at microseconds. */
const timestampCast = (mode: Mode): string[] => {
  const cast = castOf(mode);
  const fromSeconds = (value: string): string => `make_timestamp(CAST(trunc(${value} * 1000000) AS BIGINT))`;
  return bothForms(
    `tl_${mode}_timestamp`,
    [
      `(x VARCHAR) AS tl_${mode}_text_timestamp(x)`,
      `(x VARIANT) AS tl_${mode}_text_timestamp(${variantText("x")})`,
      "(x TIMESTAMP) AS x",
      "(x TIMESTAMPTZ) AS (x AT TIME ZONE 'UTC')",
      "(x BIGINT) AS make_timestamp(x * 1000000)",
      "(x HUGEINT) AS make_timestamp(CAST(x * 1000000 AS BIGINT))",
      `(x DOUBLE) AS ${fromSeconds("x")}`,
    ],
    `CASE WHEN ${isText("x")} THEN tl_${mode}_text_timestamp(CAST(x AS VARCHAR)) WHEN ${isVariant("x")} THEN tl_${mode}_text_timestamp(${variantText("x")}) WHEN ${isInteger("x")} OR ${isFraction("x")} THEN ${fromSeconds("TRY_CAST(x AS DOUBLE)")} ELSE ${cast}(x AS TIMESTAMP) END`,
  );
};

/** The arguments of functions over times: text, DATE or TIMESTAMP, and no numbers. */
const timeArguments: readonly string[] = [
  ...bothForms(
    "tl_as_timestamp",
    ["(x VARCHAR) AS tl_cast_text_timestamp(x)", "(x TIMESTAMP) AS x", "(x TIMESTAMPTZ) AS (x AT TIME ZONE 'UTC')"],
    `CASE WHEN ${isText("x")} THEN tl_cast_text_timestamp(CAST(x AS VARCHAR)) WHEN typeof(x) IN ('TIMESTAMP', 'DATE', '"NULL"') THEN TRY_CAST(x AS TIMESTAMP) ELSE ${raise("DATATYPE_MISMATCH", "A time is needed here. Cast the value to TIMESTAMP", { over: ["x"] })} END`,
  ),
  ...bothForms(
    "tl_as_date",
    ["(x VARCHAR) AS tl_cast_text_date(x)", "(x DATE) AS x", "(x TIMESTAMP) AS CAST(x AS DATE)"],
    `CASE WHEN ${isText("x")} THEN tl_cast_text_date(CAST(x AS VARCHAR)) WHEN typeof(x) IN ('TIMESTAMP', 'DATE', '"NULL"') THEN TRY_CAST(x AS DATE) ELSE ${raise("DATATYPE_MISMATCH", "A date is needed here. Cast the value to DATE", { over: ["x"] })} END`,
  ),
];

// DuckDB reads 1_000 as a number.
const plainDigits = (text: string): string => `replace(${text}, '_', '?')`;

/** The macros behind CAST, TRY_CAST and the arguments of functions over times. */
export const castMacros: readonly string[] = [
  ...textCastMacros,
  ...modes.flatMap((mode) => [
    ...integerTypes.flatMap(([name, type]) => integerCast(name, type, mode)),
    ...likeCast("double", "DOUBLE", mode),
    ...likeCast("float", "FLOAT", mode),
    ...likeCast("boolean", "BOOLEAN", mode),
    ...stringCast(mode),
    ...dateCast(mode),
    ...timestampCast(mode),
  ]),
  ...bothForms(
    "tl_digits",
    [`(x VARIANT) AS ${plainDigits(variantText("x"))}`, `(x) AS ${plainDigits("CAST(x AS VARCHAR)")}`],
    `CASE WHEN ${isVariant("x")} THEN ${plainDigits(variantText("x"))} ELSE ${plainDigits("CAST(x AS VARCHAR)")} END`,
  ),
  ...timeArguments,
];
