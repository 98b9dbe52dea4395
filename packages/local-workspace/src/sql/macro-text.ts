import { quoteString } from "../quote-sql.ts";

/** Pieces of DuckDB SQL that several macros share. Each takes the name of a macro's parameter, or text over it. */

/** DuckDB finds temporary macros in every schema; each connection has its own. */
export const macro = (name: string, ...overloads: readonly string[]): string =>
  `CREATE OR REPLACE TEMP MACRO ${name}${overloads.join(", ")}`;

interface RaiseOptions {
  /** Shown after the text. */
  readonly value?: string;
  /**
   * Everything that the condition in front of the error depends on. It becomes a part of the message without being seen
   * there: DuckDB evaluates what is constant beforehand, the untaken branches of a CASE included.
   */
  readonly over: readonly string[];
}

/**
 * Raises an error of Databricks' form, `[CODE] text: value`, when it is evaluated. It does so by a cast that must fail and
 * not by DuckDB's `error()`, because that one is volatile: no expression with it could be used through an alias or in TRY.
 */
export const raise = (code: string, text: string, { value, over }: RaiseOptions): string => {
  const message = quoteString(`[${code}] ${text}${value === undefined ? "" : ": "}`);
  const shown = value === undefined ? message : `${message} || coalesce(CAST(${value} AS VARCHAR), 'NULL')`;
  const ties = over.map((parameter) => ` || coalesce(left(CAST(${parameter} AS VARCHAR), 0), '')`).join("");
  return `(CASE WHEN CAST(${shown}${ties} AS BOOLEAN) THEN NULL END)`;
};

const failedCast = /Could not convert string '(\[[A-Z_]+\] .*)' to BOOL/s;

/** The text that {@link raise} gave, from the engine's message; undefined where the engine failed by itself. */
export const raisedMessage = (engineMessage: string): string | undefined => failedCast.exec(engineMessage)?.[1];

/** The text of a VARIANT as Databricks casts it: strings without quotes, containers as JSON, JSON null as NULL. */
export const variantText = (value: string): string => `(CAST(CAST(${value} AS VARIANT) AS JSON) ->> '$')`;

/** A time in text is read with its offset and given in UTC; DuckDB's own cast to TIMESTAMP drops the offset. */
export const zonedTime = (cast: string, text: string): string => `(${cast}(${text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')`;

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
  `WHEN ${hasNoPlainText(value)} THEN ${raise("SQL_UNSUPPORTED", "A container, a binary or an interval has no text form in the local workspace. Cast its parts instead", { value: `typeof(${value})`, over: [value] })} ` +
  `WHEN ${hasExponentInJava(value)} THEN ${raise("SQL_UNSUPPORTED", "The text form of a DOUBLE this large or small is not available in the local workspace. Cast it to DECIMAL first", { over: [value] })} ` +
  `ELSE CAST(${value} AS VARCHAR) END`;
