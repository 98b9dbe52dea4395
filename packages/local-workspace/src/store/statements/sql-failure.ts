import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { raisedMessage } from "../../sql/macro-text.ts";
import { messageOf } from "../../message-of.ts";

/** Why a statement failed, as Databricks tells it: an error class in brackets, a sentence and the SQLSTATE. */
export interface SqlFailure {
  readonly sqlState: string;
  readonly message: string;
}

/** @see https://docs.databricks.com/aws/en/error-messages/error-classes */
const sqlStates: Readonly<Record<string, string>> = {
  AMBIGUOUS_REFERENCE: "42704",
  ARITHMETIC_OVERFLOW: "22003",
  CAST_INVALID_INPUT: "22018",
  DATATYPE_MISMATCH: "42K09",
  DIVIDE_BY_ZERO: "22012",
  INVALID_ARRAY_INDEX: "22003",
  INVALID_PARAMETER_VALUE: "22023",
  MISSING_AGGREGATION: "42803",
  NO_SUCH_CATALOG_EXCEPTION: "42704",
  PARSE_SYNTAX_ERROR: "42601",
  REMAINDER_BY_ZERO: "22012",
  SCHEMA_NOT_FOUND: "42704",
  SQL_UNSUPPORTED: "0A000",
  TABLE_OR_VIEW_ALREADY_EXISTS: "42P07",
  TABLE_OR_VIEW_NOT_FOUND: "42P01",
  UNBOUND_SQL_PARAMETER: "42P02",
  UNRESOLVED_COLUMN: "42703",
  UNRESOLVED_ROUTINE: "42883",
  UNSUPPORTED_FEATURE: "0A000",
};

/** What Databricks answers where it knows no better either. */
const generalState = "HY000";

const name = (text: string | undefined): string =>
  (text ?? "")
    .split(".")
    .map((part) => `\`${part.replaceAll('"', "")}\``)
    .join(".");

const list = (text: string | undefined): string =>
  [...(text ?? "").matchAll(/"([^"]+)"/g)].map(([, candidate]) => name(candidate)).join(", ");

type Rule = readonly [pattern: RegExp, write: (match: RegExpExecArray) => string];

// DuckDB's messages on the left; on the right what Databricks says about the same mistake.
const rules: readonly Rule[] = [
  [
    /^Catalog Error: (?:Table|View) with name (\S+) does not exist/,
    ([, table]) => `[TABLE_OR_VIEW_NOT_FOUND] The table or view ${name(table)} cannot be found.`,
  ],
  [
    /^Catalog Error: (?:Table|View) with name "([^"]+)" already exists/,
    ([, table]) => `[TABLE_OR_VIEW_ALREADY_EXISTS] The table or view ${name(table)} already exists.`,
  ],
  [
    /Catalog "([^"]+)" does not exist/,
    ([, catalog]) => `[NO_SUCH_CATALOG_EXCEPTION] Catalog ${name(catalog)} was not found.`,
  ],
  [
    /No catalog \+ schema named "([^"]+)" found|[Ss]chema with name "?([^" !]+)"? does not exist/,
    ([, both, schema]) => `[SCHEMA_NOT_FOUND] The schema ${name(both ?? schema)} cannot be found.`,
  ],
  [
    /Referenced column "([^"]+)" (?:not found|was not found)[^\n]*(?:\n*Candidate bindings: ([^\n]+))?/,
    ([, column, candidates]) =>
      candidates === undefined
        ? `[UNRESOLVED_COLUMN.WITHOUT_SUGGESTION] A column, variable, or function parameter with name ${name(column)} cannot be resolved.`
        : `[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, variable, or function parameter with name ${name(column)} cannot be resolved. Did you mean one of the following? [${list(candidates)}].`,
  ],
  [
    /Table "([^"]+)" does not have a column named "([^"]+)"|Values list "([^"]+)" does not have a column named "([^"]+)"/,
    ([, table, column, values, other]) =>
      `[UNRESOLVED_COLUMN.WITHOUT_SUGGESTION] A column, variable, or function parameter with name ${name(`${table ?? values}.${column ?? other}`)} cannot be resolved.`,
  ],
  [
    /Ambiguous reference to column name "([^"]+)"(?: \(use: ([^)]*)\))?/,
    ([, column, uses]) =>
      `[AMBIGUOUS_REFERENCE] Reference ${name(column)} is ambiguous, could be: [${(uses ?? "").replaceAll(" or ", ", ").replaceAll('"', "`")}].`,
  ],
  [
    /column "?([^"\s]+)"? must appear in the GROUP BY clause/,
    ([, column]) =>
      `[MISSING_AGGREGATION] The non-aggregating expression ${name(column)} is based on columns which are not participating in the GROUP BY clause.`,
  ],
  [
    /Function with name "?(\w+)"? does not exist/,
    ([, routine]) => `[UNRESOLVED_ROUTINE] Cannot resolve routine ${name(routine)} on search path.`,
  ],
  [
    /^Conversion Error: (?:Could not convert|Unimplemented type|invalid|timestamp field|date field)[^\n]*/i,
    ([text]) => `[CAST_INVALID_INPUT] ${text.replace(/^Conversion Error: /, "").replace(/\.?$/, ".")}`,
  ],
  [
    /^(?:Out of Range|Conversion) Error: ([^\n]*(?:[Oo]verflow|out of range)[^\n]*)/,
    ([, text]) => `[ARITHMETIC_OVERFLOW] ${(text ?? "").replace(/[.!]?$/, ".")}`,
  ],
  [/^Binder Error: ([^\n]*Cannot (?:compare|mix) [^\n]*)/, ([, text]) => `[DATATYPE_MISMATCH] ${text ?? ""}`],
];

const withState = (message: string, fallback: string): SqlFailure => {
  const errorClass = /^\[([A-Z_]+)(?:\.[A-Z_]+)*\]/.exec(message)?.[1] ?? "";
  const sqlState = sqlStates[errorClass] ?? fallback;
  return { sqlState, message: `${message.replace(/\s+$/, "")} SQLSTATE: ${sqlState}` };
};

const fromTracelake = ({ code, message }: TracelakeError): SqlFailure => {
  if (message.startsWith("[")) return withState(message, generalState);
  if (code === ErrorCode.SQL_SYNTAX) return withState(`[PARSE_SYNTAX_ERROR] ${message}`, generalState);
  if (code === ErrorCode.SQL_UNSUPPORTED) return withState(`[UNSUPPORTED_FEATURE] ${message}`, generalState);
  if (message.startsWith("A parameter of the statement has no value")) {
    return withState(`[UNBOUND_SQL_PARAMETER] ${message}`, generalState);
  }
  return withState(message, generalState);
};

/** What a client is told about an error of the engine, of the translation or of the workspace. */
export const toSqlFailure = (error: unknown): SqlFailure => {
  if (TracelakeError.isInstance(error)) return fromTracelake(error);
  const text = messageOf(error);
  const raised = raisedMessage(text);
  if (raised !== undefined) return withState(raised, generalState);
  for (const [pattern, write] of rules) {
    const match = pattern.exec(text);
    if (match !== null) return withState(write(match), generalState);
  }
  return withState(text.replace(/\n[\s\S]*/, ""), generalState);
};
