/** Pieces of DuckDB SQL that several macros share. Each takes the name of a macro's parameter, or text over it. */

/** DuckDB finds temporary macros in every schema; each connection has its own. */
export const macro = (name: string, ...overloads: readonly string[]): string =>
  `CREATE OR REPLACE TEMP MACRO ${name}${overloads.join(", ")}`;

/** An error of the form in which Databricks raises one: `[CODE] text`. */
export const raise = (code: string, text: string): string => `error('[${code}] ${text}')`;

/** The text of a VARIANT as Databricks casts it: strings without quotes, containers as JSON, JSON null as NULL. */
export const variantText = (value: string): string => `(CAST(CAST(${value} AS VARIANT) AS JSON) ->> '$')`;

/** A time in text is read with its offset and given in UTC; DuckDB's own cast to TIMESTAMP drops the offset. */
export const zonedTime = (cast: string, text: string): string =>
  `(${cast}(${text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')`;

export const isVariant = (value: string): string => `typeof(${value}) = 'VARIANT'`;
export const isText = (value: string): string => `typeof(${value}) IN ('VARCHAR', 'JSON')`;
export const isInteger = (value: string): string => `typeof(${value}) LIKE '%INT' OR typeof(${value}) = 'INTEGER'`;
export const isFraction = (value: string): string =>
  `typeof(${value}) IN ('DOUBLE', 'FLOAT') OR typeof(${value}) LIKE 'DECIMAL%'`;

const hasNoPlainText = (value: string): string =>
  `typeof(${value}) LIKE '%[]' OR typeof(${value}) LIKE 'STRUCT(%' OR typeof(${value}) LIKE 'MAP(%' OR typeof(${value}) IN ('BLOB', 'INTERVAL')`;

/** Java writes these numbers with an exponent and DuckDB does not. */
const hasExponentInJava = (value: string): string =>
  `typeof(${value}) IN ('DOUBLE', 'FLOAT') AND TRY_CAST(${value} AS DOUBLE) <> 0 AND (abs(TRY_CAST(${value} AS DOUBLE)) >= 1e7 OR abs(TRY_CAST(${value} AS DOUBLE)) < 1e-3)`;

/** The text of a value that is no VARIANT, where DuckDB's text is Spark's; an error elsewhere. */
export const plainTextBranches = (value: string): string =>
  `WHEN ${hasNoPlainText(value)} THEN error('[SQL_UNSUPPORTED] The text form of ' || typeof(${value}) || ' is not available in the local workspace. Cast its parts instead') ` +
  `WHEN ${hasExponentInJava(value)} THEN ${raise("SQL_UNSUPPORTED", "The text form of a DOUBLE this large or small is not available in the local workspace. Cast it to DECIMAL first")} ` +
  `ELSE CAST(${value} AS VARCHAR) END`;
