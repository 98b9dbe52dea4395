import type { JsonValue } from "@tracelake/wire";

/** A column of an answer. */
export interface SqlColumn {
  readonly name: string;
  /** The type as Databricks writes it, such as `BIGINT` or `MAP<STRING, STRING>`. */
  readonly type: string;
}

/** The answer to a statement. A BIGINT is a `bigint`, a TIMESTAMP ISO 8601 text, a DECIMAL text. */
export interface SqlAnswer {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly JsonValue[])[];
  /** What the local workspace did otherwise than Databricks. */
  readonly notes: readonly string[];
}

/** Some rows of an answer that is read as it comes. */
export interface SqlChunk {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly JsonValue[])[];
  readonly notes: readonly string[];
}

/** A value for `:name` in a statement; `type` is a Databricks type, for what JavaScript cannot tell. */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | null
  | { readonly type: string; readonly value: string | null };

/** How far a statement is. */
export interface SqlProgress {
  /** `PENDING` while the warehouse starts or has no room, then `RUNNING`. */
  readonly state: string;
  readonly elapsedMillis: number;
}

/** In which surroundings a statement runs, and who is told how far it is. */
export interface SqlQueryOptions {
  /** The catalog of names that give none. Default: the workspace's own. */
  readonly catalog?: string | undefined;
  /** The schema of names that give none. Default: the workspace's own. */
  readonly schema?: string | undefined;
  readonly onProgress?: ((progress: SqlProgress) => void) | undefined;
}

/** Whatever runs SQL. */
export interface SqlClient {
  /**
   * Runs a statement and reads all of its answer.
   *
   * @throws {TracelakeError} `SQL_*` for the statement, `WORKSPACE_*` for what runs it.
   */
  readonly query: (
    statement: string,
    parameters?: Readonly<Record<string, SqlValue>>,
    options?: SqlQueryOptions,
  ) => Promise<SqlAnswer>;
  /** The same, some rows at a time: for answers larger than memory. */
  readonly stream: (
    statement: string,
    parameters?: Readonly<Record<string, SqlValue>>,
    options?: SqlQueryOptions,
  ) => AsyncGenerator<SqlChunk, void, void>;
  readonly close: () => Promise<void>;
}

/** All rows of a stream. */
export const collectAnswer = async (chunks: AsyncIterable<SqlChunk>): Promise<SqlAnswer> => {
  const rows: (readonly JsonValue[])[] = [];
  let last: SqlChunk = { columns: [], rows: [], notes: [] };
  for await (const chunk of chunks) {
    for (const row of chunk.rows) rows.push(row);
    last = chunk;
  }
  return { columns: last.columns, rows, notes: last.notes };
};

/** The rows of an answer by column name. */
export const rowsByName = ({
  columns,
  rows,
}: Pick<SqlAnswer, "columns" | "rows">): Readonly<Record<string, JsonValue>>[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null])));
