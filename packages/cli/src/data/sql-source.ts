import type { SqlAnswer } from "@tracelake/workspace-client";

/** A value for `:name` in a statement. */
export interface SqlParameter {
  readonly name: string;
  readonly value: string | null;
  /** A Databricks type; text where it is left out. */
  readonly type?: string;
}

export interface SqlRequest {
  readonly catalog?: string | undefined;
  readonly schema?: string | undefined;
  readonly parameters?: readonly SqlParameter[];
}

/** Whatever answers SQL: a running server, or the files themselves. */
export interface SqlSource {
  /** What went wrong while it was opened, without keeping it from answering. */
  readonly notes: readonly string[];
  /** @throws {TracelakeError} `SQL_*` for the statement, `LOCAL_WORKSPACE_*` and `WORKSPACE_*` for what answers it. */
  readonly query: (statement: string, request?: SqlRequest) => Promise<SqlAnswer>;
  readonly close: () => Promise<void>;
}
