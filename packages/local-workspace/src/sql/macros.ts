import { castMacros } from "./macro-casts.ts";
import { sparkTypeMacro } from "./macro-spark-type.ts";
import { isFraction, isInteger, isText, isVariant, macro, plainTextBranches, raise } from "./macro-text.ts";

const divisionByZero = raise("DIVIDE_BY_ZERO", "Division by zero; try_divide gives NULL instead", { over: ["a", "b"] });
const remainderByZero = raise("REMAINDER_BY_ZERO", "Division by zero; try_mod gives NULL instead", {
  over: ["a", "b"],
});
const fractionalDiv = raise(
  "SQL_UNSUPPORTED",
  "DIV of fractions is not available in the local workspace. Cast both sides to BIGINT",
  { over: ["a", "b"] },
);
const tooLarge = raise("SQL_UNSUPPORTED", "Rounding an integer this large is not available in the local workspace", {
  over: ["x", "n"],
});

/** Spark rounds the shortest decimal form of a DOUBLE half up; DuckDB rounds its binary value. */
const roundDouble = (value: string): string =>
  `CAST(round(CAST(CAST(${value} AS VARCHAR) AS DECIMAL(38, 18)), n) AS DOUBLE)`;

const whole = (name: "ceil" | "floor"): string[] => [
  macro(
    `tl_${name}`,
    "(x BIGINT) AS x",
    "(x HUGEINT) AS CAST(x AS BIGINT)",
    `(x DOUBLE) AS CAST(${name}(x) AS BIGINT)`,
  ),
  macro(
    `tl_${name}_any`,
    `(x) AS CASE WHEN ${isInteger("x")} THEN TRY_CAST(x AS BIGINT) ELSE CAST(${name}(TRY_CAST(x AS DOUBLE)) AS BIGINT) END`,
  ),
];

const numbers: readonly string[] = [
  macro("tl_divide", `(a, b) AS CASE WHEN b = 0 THEN ${divisionByZero} ELSE a / b END`),
  macro("tl_mod", `(a, b) AS CASE WHEN b = 0 THEN ${remainderByZero} ELSE a % b END`),
  macro("tl_pmod", "(a, b) AS CASE WHEN tl_mod(a, b) < 0 THEN tl_mod(tl_mod(a, b) + b, b) ELSE tl_mod(a, b) END"),
  macro(
    "tl_int_div",
    `(a, b) AS CASE WHEN b = 0 THEN ${divisionByZero} WHEN ${isInteger("a")} AND (${isInteger("b")}) THEN CAST(TRY_CAST(a AS HUGEINT) // TRY_CAST(b AS HUGEINT) AS BIGINT) ELSE ${fractionalDiv} END`,
  ),
  macro(
    "tl_round",
    "(x BIGINT, n) AS round(x, n)",
    "(x HUGEINT, n) AS CAST(round(CAST(x AS BIGINT), n) AS BIGINT)",
    `(x DOUBLE, n) AS CASE WHEN abs(x) < 1e15 THEN ${roundDouble("x")} ELSE x END`,
  ),
  macro(
    "tl_round_any",
    `(x, n) AS CASE WHEN (${isFraction("x")}) AND abs(TRY_CAST(x AS DOUBLE)) < 1e15 THEN ${roundDouble("x")} WHEN (${isInteger("x")}) AND abs(TRY_CAST(x AS DOUBLE)) >= 9007199254740992 THEN ${tooLarge} ELSE CAST(round(TRY_CAST(x AS DOUBLE), n) AS DOUBLE) END`,
  ),
  ...whole("ceil"),
  ...whole("floor"),
  macro("tl_ln", "(x) AS CASE WHEN x > 0 THEN ln(x) END"),
];

const shift = (name: string, operator: "+" | "-"): string[] => [
  macro(
    name,
    `(x DATE, i INTERVAL) AS CAST(x ${operator} i AS DATE)`,
    `(x TIMESTAMP, i INTERVAL) AS x ${operator} i`,
    `(x INTERVAL, i INTERVAL) AS x ${operator} i`,
  ),
  macro(
    `${name}_any`,
    `(x, i) AS CASE WHEN typeof(x) = 'DATE' THEN ${raise("SQL_UNSUPPORTED", "Days added to an aggregated DATE are not available in the local workspace. Write CAST(value AS DATE) + INTERVAL", { over: ["x", "i"] })} ELSE x ${operator} i END`,
  ),
];

const times: readonly string[] = [
  ...shift("tl_plus_days", "+"),
  ...shift("tl_minus_days", "-"),
  macro(
    "tl_minus",
    `(x, y) AS CASE WHEN typeof(x) = 'DATE' AND typeof(y) = 'DATE' THEN ${raise("SQL_UNSUPPORTED", "The difference of two dates is not available in the local workspace. Write datediff(end, start)", { over: ["x", "y"] })} ELSE x - y END`,
  ),
  macro("tl_unix_seconds", "(x) AS CAST(floor(epoch_us(x) / 1000000) AS BIGINT)"),
];

const variantInText = raise("DATATYPE_MISMATCH", "A VARIANT cannot be joined to text. Cast it to STRING first", {
  over: ["x"],
});

const texts: readonly string[] = [
  macro(
    "tl_concat_part",
    "(x VARCHAR) AS x",
    `(x VARIANT) AS CASE WHEN x IS NULL THEN NULL ELSE ${variantInText} END`,
    `(x) AS CASE ${plainTextBranches("x")}`,
  ),
  macro("tl_concat_part_any", `(x) AS CASE WHEN ${isVariant("x")} THEN ${variantInText} ${plainTextBranches("x")}`),
  macro("tl_reverse", "(x VARCHAR) AS reverse(x)", "(x) AS list_reverse(x)"),
  macro("tl_start", "(x) AS CASE WHEN x = 0 THEN 1 ELSE x END"),
];

const outOfRange = raise(
  "INVALID_ARRAY_INDEX",
  "The index is out of range; get() and try_element_at() give NULL instead",
  { value: "i", over: ["x", "i"] },
);
const at = (position: string): string => `list_select(x, [${position}])[1]`;
const fromEitherEnd = "CASE WHEN i < 0 THEN len(x) + i + 1 ELSE i END";

/** `list_select` takes lists only, so that a MAP or a STRING under an index is an error and never another meaning. */
const containers: readonly string[] = [
  macro(
    "tl_size",
    `(x) AS CASE WHEN typeof(x) LIKE '%[]' THEN CAST(len(TRY_CAST(x AS VARCHAR[])) AS INTEGER) WHEN typeof(x) LIKE 'MAP(%' THEN CAST(cardinality(TRY_CAST(x AS MAP(VARCHAR, VARCHAR))) AS INTEGER) WHEN typeof(x) = '"NULL"' THEN NULL ELSE ${raise("DATATYPE_MISMATCH", "size() takes an ARRAY or a MAP", { value: "typeof(x)", over: ["x"] })} END`,
  ),
  macro("tl_get", `(x, i) AS CASE WHEN i >= 0 AND i < len(x) THEN ${at("i + 1")} END`),
  macro("tl_item", `(x, i) AS CASE WHEN i < 0 OR i >= len(x) THEN ${outOfRange} ELSE ${at("i + 1")} END`),
  macro("tl_try_element_at", `(x, i) AS CASE WHEN i <> 0 AND abs(i) <= len(x) THEN ${at(fromEitherEnd)} END`),
  macro(
    "tl_element_at",
    `(x, i) AS CASE WHEN i = 0 OR abs(i) > len(x) THEN ${outOfRange} ELSE ${at(fromEitherEnd)} END`,
  ),
  macro(
    "tl_array_contains",
    "(x, v) AS CASE WHEN x IS NULL OR v IS NULL THEN NULL WHEN list_contains(x, v) THEN TRUE WHEN list_count(x) <> len(x) THEN NULL ELSE FALSE END",
  ),
  macro(
    "tl_array_position",
    "(x, v) AS CASE WHEN x IS NULL OR v IS NULL THEN NULL ELSE coalesce(list_position(x, v), 0) END",
  ),
  macro("tl_array_append", "(x, v) AS CASE WHEN x IS NOT NULL THEN list_append(x, v) END"),
  macro("tl_flatten", "(x) AS CASE WHEN list_count(x) = len(x) THEN flatten(x) END"),
  macro(
    "tl_sequence",
    "(a, b) AS generate_series(CAST(a AS BIGINT), CAST(b AS BIGINT), CASE WHEN a <= b THEN 1 ELSE -1 END)",
  ),
];

const jsonOrNull =
  "CASE WHEN json_valid(CAST(x AS VARCHAR)) THEN CAST(CAST(CAST(x AS VARCHAR) AS JSON) AS VARIANT) END";

const plainInJson = "(VARCHAR|TINYINT|SMALLINT|INTEGER|BIGINT|BOOLEAN)";

const json: readonly string[] = [
  // The left of a path: a VARIANT, or a STRING that holds JSON. Text that is no JSON gives NULL.
  macro("tl_json", "(x VARIANT) AS x", `(x VARCHAR) AS ${jsonOrNull}`),
  macro(
    "tl_json_any",
    `(x) AS CASE WHEN ${isVariant("x")} THEN CAST(x AS VARIANT) WHEN ${isText("x")} OR typeof(x) = '"NULL"' THEN ${jsonOrNull} ELSE ${raise("DATATYPE_MISMATCH", "A path needs a VARIANT or a STRING with JSON on its left", { over: ["x"] })} END`,
  ),
  macro("tl_json_text", "(x, path) AS CASE WHEN json_valid(x) THEN json_extract_string(x, path) END"),
  macro("tl_parse_json", "(x) AS CAST(CAST(x AS JSON) AS VARIANT)"),
  macro("tl_try_parse_json", `(x) AS ${jsonOrNull}`),
  // Spark leaves NULL fields of structs out of JSON, and writes fractions as Java does: only types without those questions
  // are offered.
  macro(
    "tl_to_json",
    `(x) AS CASE WHEN regexp_full_match(typeof(x), 'VARIANT|MAP\\(VARCHAR, ${plainInJson}\\)|${plainInJson}\\[\\]') THEN CAST(CAST(x AS JSON) AS VARCHAR) WHEN typeof(x) = '"NULL"' THEN NULL ELSE ${raise("SQL_UNSUPPORTED", "to_json() takes a VARIANT, and a MAP or an ARRAY of texts, integers or booleans in the local workspace", { value: "typeof(x)", over: ["x"] })} END`,
  ),
];

/**
 * Macros that have a second form, named with `_any`, for arguments whose type the engine does not see in time.
 * The plain form is the faster one.
 */
const twoForms =
  /^tl_(?:(?:cast|try)_\w+|digits|as_timestamp|as_date|round|ceil|floor|plus_days|minus_days|concat_part|json)$/;

/** The name under which a macro is called, `late` telling that an argument's type is seen late. */
export const macroName = (name: string, late: boolean): string => (late && twoForms.test(name) ? `${name}_any` : name);

/**
 * Whether a name is that of one of DuckDB's own databases. Where those are left out before, a catalog of the same name
 * can be seen: then nothing is.
 */
export const engineDatabaseMacro = (condition: string): string =>
  macro("tl_is_engine_database", `(name) AS ${condition}`);

/**
 * Statements that a connection runs once before translated SQL: the time zone in which Databricks SQL warehouses answer,
 * and the macros that give Spark's meaning where a function or operator of DuckDB differs. TIMESTAMP columns hold UTC.
 */
export const connectionSetup: readonly string[] = [
  "SET TimeZone = 'UTC'",
  ...castMacros,
  ...numbers,
  ...times,
  ...texts,
  ...containers,
  ...json,
  sparkTypeMacro,
  engineDatabaseMacro("name IN ('system', 'temp', 'memory')"),
];
