import { macro, raise, zonedTime } from "./macro-text.ts";

type Mode = "cast" | "try";

const blank = "' ' || chr(9) || chr(10) || chr(13)";
const trimmed = `trim(x, ${blank})`;

const day = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}";
const clock = "([01]?[0-9]|2[0-3]):[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,9})?)?";
const zone = " ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})";
const number = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?";
const named = "(?i)[+-]?(inf|infinity|nan)";

/** Texts of which Spark makes something, and DuckDB nothing or something else: years alone, times of day, other zones. */
const oddTime =
  "(?i)(epoch|now|today|tomorrow|yesterday)( .*)?|[+-]?[0-9]{4,7}(-.*)?|T?[0-9]{1,2}:[0-9].*|[+-]?[0-9]{4,7}[ T].*";

const matches = (pattern: string): string => `regexp_full_match(${trimmed}, '${pattern}')`;

const refused = (type: string): string =>
  raise(
    "SQL_UNSUPPORTED",
    `A text of this form cannot be cast to ${type} in the local workspace. Write yyyy-MM-dd HH:mm:ss`,
    {
      value: "x",
      over: ["x"],
    },
  );

const failure = (type: string, mode: Mode): string =>
  mode === "try"
    ? "NULL"
    : raise("CAST_INVALID_INPUT", `The value cannot be cast to ${type}; try_cast gives NULL instead`, {
        value: "x",
        over: ["x"],
      });

const textCasts = (mode: Mode): string[] => {
  const cast = mode === "cast" ? "CAST" : "TRY_CAST";
  const day10 = `regexp_extract(${trimmed}, '^${day}')`;
  return [
    macro(
      `tl_${mode}_text_date`,
      `(x) AS CASE WHEN x IS NULL THEN NULL WHEN ${matches(`${day}([ T].*)?`)} THEN ${cast}(${day10} AS DATE) WHEN ${matches(oddTime)} THEN ${refused("DATE")} ELSE ${failure("DATE", mode)} END`,
    ),
    macro(
      `tl_${mode}_text_timestamp`,
      `(x) AS CASE WHEN x IS NULL THEN NULL WHEN ${matches(`${day}([ T]${clock}(${zone})?)?`)} THEN ${zonedTime(cast, trimmed)} WHEN ${matches(oddTime)} THEN ${refused("TIMESTAMP")} ELSE ${failure("TIMESTAMP", mode)} END`,
    ),
    macro(
      `tl_${mode}_text_double`,
      `(x) AS CASE WHEN x IS NULL THEN NULL WHEN ${matches(number)} OR ${matches(named)} THEN ${cast}(${trimmed} AS DOUBLE) WHEN ${matches(`${number}[dDfF]`)} THEN ${cast}(${trimmed}[:-2] AS DOUBLE) ELSE ${failure("DOUBLE", mode)} END`,
    ),
    macro(
      `tl_${mode}_text_boolean`,
      `(x) AS CASE WHEN x IS NULL THEN NULL WHEN ${matches("(?i)t|true|y|yes|1|f|false|n|no|0")} THEN ${cast}(${trimmed} AS BOOLEAN) ELSE ${failure("BOOLEAN", mode)} END`,
    ),
  ];
};

/**
 * `tl_cast_text_date(text)` and its like: what Spark makes of a text. DuckDB reads other forms than Spark does, such as
 * `2024/05/01`, `epoch` and `1_000`, and leaves out some of Spark's.
 *
 * @see https://docs.databricks.com/aws/en/sql/language-manual/functions/cast
 */
export const textCastMacros: readonly string[] = [...textCasts("cast"), ...textCasts("try")];
