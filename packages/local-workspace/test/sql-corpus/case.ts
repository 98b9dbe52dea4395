import type { Cell } from "../sql-corpus-fixture.ts";

/** Rows that Databricks gives, worked out by hand from its documentation and the fixture's rows. */
export interface RowsCase {
  readonly sql: string;
  readonly rows: readonly (readonly Cell[])[];
  readonly columns?: readonly string[];
  readonly notes?: number;
  readonly parameters?: Record<string, string | number> | (string | number)[];
}

/** A statement that the translator refuses before the engine sees it. */
export interface RefusedCase {
  readonly sql: string;
  readonly refused: "SQL_UNSUPPORTED" | "SQL_SYNTAX";
  readonly saying: RegExp;
}

/** A statement that Databricks fails while it runs, and so does the engine; or that the engine's types refuse. */
export interface FailingCase {
  readonly sql: string;
  readonly fails: RegExp;
}
