import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

const defaultRemedy = "Rewrite this part of the statement, or run it on Databricks";

/** The error for SQL that Databricks may understand and the local workspace does not: code `SQL_UNSUPPORTED`. */
export const unsupported = (what: string, fragment: string, remedy: string = defaultRemedy): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_UNSUPPORTED, {
    failed: `${what} is not available in the local workspace`,
    seen: quoteForMessage(fragment),
    remedy: `${remedy}.`,
  });

/** The error for text that is no Databricks SQL: code `SQL_SYNTAX`. */
export const syntaxError = (what: string, fragment: string, remedy = "Correct the statement"): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_SYNTAX, {
    failed: `The SQL cannot be read: ${what}`,
    seen: quoteForMessage(fragment),
    remedy: `${remedy}.`,
  });
