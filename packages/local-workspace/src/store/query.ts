import { StatementType, type DuckDBConnection, type DuckDBPreparedStatement, type DuckDBValue } from "@duckdb/node-api";
import { ErrorCode, quoteForMessage, TracelakeError, type JsonValue } from "@tracelake/wire";
import type { Engine } from "./engine.ts";
import { messageOf } from "./messages.ts";
import { renameReservedCatalogs } from "./reserved-catalogs.ts";
import { attachedName, internalSchema, quoteIdentifier } from "./schema/names.ts";
import { databricksType } from "./type-names.ts";
import { cellValue } from "./values.ts";

/** A value bound to a parameter of a statement. */
export type ParameterValue = string | number | bigint | boolean | null;

export interface QueryOptions {
  /** The catalog of names that give none. */
  readonly catalog?: string;
  /** The schema of names that give none. */
  readonly schema?: string;
  /** By name for `:name`, in order for `?`. */
  readonly parameters?: Readonly<Record<string, ParameterValue>> | readonly ParameterValue[];
}

export interface QueryColumn {
  readonly name: string;
  /** As Databricks writes it, such as `BIGINT` or `MAP<STRING, STRING>`. */
  readonly type: string;
}

export interface QueryResult {
  readonly columns: readonly QueryColumn[];
  /**
   * Cells in the order of the columns. BIGINT is `bigint`; DECIMAL, DATE and TIMESTAMP are text, the last in ISO 8601
   * with microseconds; STRUCT, MAP, ARRAY and VARIANT are plain objects and arrays.
   */
  readonly rows: readonly (readonly JsonValue[])[];
  /** What the reader of the result has to know about how the statement was understood. */
  readonly notes: readonly string[];
}

const reading: ReadonlySet<number> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);
const writing: ReadonlySet<number> = new Set([
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.MERGE_INTO,
  StatementType.CREATE,
  StatementType.DROP,
  StatementType.ALTER,
]);

const unsupported = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_UNSUPPORTED, {
    failed: "The statement is not supported by the local workspace",
    seen,
    remedy: "Query and change tables with SELECT, INSERT, UPDATE, DELETE, MERGE, CREATE, ALTER and DROP.",
  });

const sqlError = (error: unknown, sql: string): TracelakeError => {
  if (TracelakeError.isInstance(error)) return error;
  const message = messageOf(error).replace(/^Failed to extract statements: /, "");
  const isSyntax = message.startsWith("Parser Error");
  return new TracelakeError(isSyntax ? ErrorCode.SQL_SYNTAX : ErrorCode.SQL_FAILED, {
    failed: isSyntax ? "The statement cannot be read" : "The statement failed",
    seen: `${message.replace(/\n[\s\S]*/, "")} in ${quoteForMessage(sql)}`,
    remedy: /does not exist/.test(message)
      ? "Check the names: tables appear when the first trace of their location arrives."
      : "Correct the statement.",
    cause: error,
  });
};

const isList = (value: object): value is readonly ParameterValue[] => Array.isArray(value);

const bindable = (options: QueryOptions): DuckDBValue[] | Record<string, DuckDBValue> | undefined => {
  const { parameters } = options;
  if (parameters === undefined) return undefined;
  return isList(parameters) ? [...parameters] : { ...parameters };
};

const openSession = async (engine: Engine, options: QueryOptions): Promise<DuckDBConnection> => {
  const connection = await engine.connect();
  const { catalog, schema } = options;
  try {
    if (catalog !== undefined) {
      const inCatalog = schema === undefined ? "" : `.${quoteIdentifier(schema)}`;
      await connection.run(`USE ${quoteIdentifier(attachedName(catalog))}${inCatalog}`);
    }
    return connection;
  } catch (error) {
    connection.closeSync();
    throw error;
  }
};

const refuseInternals = (sql: string): void => {
  if (sql.toLowerCase().includes(internalSchema)) {
    throw unsupported(`it changes ${internalSchema}, where the workspace keeps its own state`);
  }
};

const execute = async (
  statement: DuckDBPreparedStatement,
  options: QueryOptions,
): Promise<Omit<QueryResult, "notes">> => {
  const values = bindable(options);
  if (values !== undefined) statement.bind(values);
  const result = await statement.runAndReadAll();
  const types = result.columnTypes();
  return {
    columns: result.columnNames().map((name, index) => {
      const type = types[index];
      return { name, type: type === undefined ? "STRING" : databricksType(type) };
    }),
    rows: result.getRows().map((row) => row.map(cellValue)),
  };
};

const runStatement = async (
  engine: Engine,
  connection: DuckDBConnection,
  statement: { readonly prepared: DuckDBPreparedStatement; readonly sql: string },
  options: QueryOptions,
): Promise<Omit<QueryResult, "notes">> => {
  const { prepared, sql } = statement;
  if (reading.has(prepared.statementType)) return execute(prepared, options);
  if (!writing.has(prepared.statementType)) {
    throw unsupported(StatementType[prepared.statementType] ?? "an unknown kind of statement");
  }
  refuseInternals(sql);
  return engine.exclusively(() => execute(prepared, options));
};

/**
 * Runs one statement in DuckDB's dialect. Those that change something wait for the writer's turn.
 *
 * @throws {TracelakeError} `SQL_SYNTAX`, `SQL_UNSUPPORTED` or `SQL_FAILED`
 */
export const runQuery = async (
  engine: Engine,
  sql: string,
  options: QueryOptions,
): Promise<Omit<QueryResult, "notes">> => {
  const renamed = renameReservedCatalogs(sql, (catalog) => engine.hasCatalog(catalog));
  let connection: DuckDBConnection | undefined;
  try {
    connection = await openSession(engine, options);
    const statements = await connection.extractStatements(renamed);
    if (statements.count !== 1) throw unsupported(`${statements.count} statements at once`);
    const prepared = await statements.prepare(0);
    return await runStatement(engine, connection, { prepared, sql: renamed }, options);
  } catch (error) {
    throw sqlError(error, sql);
  } finally {
    connection?.closeSync();
  }
};
