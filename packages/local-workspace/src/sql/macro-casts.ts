import {
  isFraction,
  isInteger,
  isText,
  isVariant,
  macro,
  plainTextBranches,
  raise,
  variantText,
  zonedTime,
} from "./macro-text.ts";

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

/** Casts that DuckDB does as Spark does, once a VARIANT is text. */
const likeCast = (name: string, type: string, mode: Mode): string[] => {
  const cast = castOf(mode);
  return bothForms(
    `tl_${mode}_${name}`,
    [`(x VARIANT) AS ${cast}(${variantText("x")} AS ${type})`, `(x) AS ${cast}(x AS ${type})`],
    `CASE WHEN ${isVariant("x")} THEN ${cast}(${variantText("x")} AS ${type}) ELSE ${cast}(x AS ${type}) END`,
  );
};

const stringCast = (mode: Mode): string[] =>
  bothForms(
    `tl_${mode}_string`,
    ["(x VARCHAR) AS x", `(x VARIANT) AS ${variantText("x")}`, `(x) AS CASE ${plainTextBranches("x")}`],
    `CASE WHEN ${isVariant("x")} THEN ${variantText("x")} ${plainTextBranches("x")}`,
  );

const dateCast = (mode: Mode): string[] => {
  const cast = castOf(mode);
  return bothForms(
    `tl_${mode}_date`,
    [
      `(x VARCHAR) AS ${cast}(x AS DATE)`,
      `(x VARIANT) AS ${cast}(${variantText("x")} AS DATE)`,
      "(x TIMESTAMP) AS CAST(x AS DATE)",
      "(x DATE) AS x",
    ],
    `CASE WHEN ${isVariant("x")} THEN ${cast}(${variantText("x")} AS DATE) ELSE ${cast}(x AS DATE) END`,
  );
};

/** Numbers are seconds since the epoch, with fractions cut at microseconds. */
const timestampCast = (mode: Mode): string[] => {
  const cast = castOf(mode);
  const fromSeconds = (value: string): string => `make_timestamp(CAST(trunc(${value} * 1000000) AS BIGINT))`;
  return bothForms(
    `tl_${mode}_timestamp`,
    [
      `(x VARCHAR) AS ${zonedTime(cast, "x")}`,
      `(x VARIANT) AS ${zonedTime(cast, variantText("x"))}`,
      "(x TIMESTAMP) AS x",
      "(x TIMESTAMPTZ) AS (x AT TIME ZONE 'UTC')",
      "(x BIGINT) AS make_timestamp(x * 1000000)",
      "(x HUGEINT) AS make_timestamp(CAST(x * 1000000 AS BIGINT))",
      `(x DOUBLE) AS ${fromSeconds("x")}`,
    ],
    `CASE WHEN ${isText("x")} THEN ${zonedTime(cast, "CAST(x AS VARCHAR)")} WHEN ${isVariant("x")} THEN ${zonedTime(cast, variantText("x"))} WHEN ${isInteger("x")} OR ${isFraction("x")} THEN ${fromSeconds("TRY_CAST(x AS DOUBLE)")} ELSE ${cast}(x AS TIMESTAMP) END`,
  );
};

/** The arguments of functions over times: text, DATE or TIMESTAMP, and no numbers. */
const timeArguments: readonly string[] = [
  ...bothForms(
    "tl_as_timestamp",
    [`(x VARCHAR) AS ${zonedTime("CAST", "x")}`, "(x TIMESTAMP) AS x", "(x TIMESTAMPTZ) AS (x AT TIME ZONE 'UTC')"],
    `CASE WHEN ${isText("x")} THEN ${zonedTime("CAST", "CAST(x AS VARCHAR)")} WHEN typeof(x) IN ('TIMESTAMP', 'DATE', '"NULL"') THEN TRY_CAST(x AS TIMESTAMP) ELSE ${raise("DATATYPE_MISMATCH", "A time is needed here. Cast the value to TIMESTAMP", { over: ["x"] })} END`,
  ),
  ...bothForms(
    "tl_as_date",
    ["(x VARCHAR) AS CAST(x AS DATE)", "(x DATE) AS x", "(x TIMESTAMP) AS CAST(x AS DATE)"],
    `CASE WHEN ${isText("x")} THEN CAST(x AS DATE) WHEN typeof(x) IN ('TIMESTAMP', 'DATE', '"NULL"') THEN TRY_CAST(x AS DATE) ELSE ${raise("DATATYPE_MISMATCH", "A date is needed here. Cast the value to DATE", { over: ["x"] })} END`,
  ),
];

/** The macros behind CAST, TRY_CAST and the arguments of functions over times. */
export const castMacros: readonly string[] = [
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
    [`(x VARIANT) AS ${variantText("x")}`, "(x) AS CAST(x AS VARCHAR)"],
    `CASE WHEN ${isVariant("x")} THEN ${variantText("x")} ELSE CAST(x AS VARCHAR) END`,
  ),
  ...timeArguments,
];
