import { BIGINT, StatementType, type DuckDBPreparedStatement, type DuckDBType } from "@duckdb/node-api";
import { ErrorCode, quoteForMessage, TracelakeError, type JsonValue } from "@tracelake/wire";
import type { SqlTranslator, TranslatedStatement } from "../sql/dialect.ts";
import { raisedMessage } from "../sql/macro-text.ts";
import type { Engine } from "./engine.ts";
import { messageOf } from "./messages.ts";
import { asAttached } from "./attached-sql.ts";
import { internalSchema } from "./schema/names.ts";
import { propertiesRelation, type Session, type Sessions } from "./session.ts";
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

type Answer = Omit<QueryResult, "notes">;

const nothing: Answer = { columns: [], rows: [] };

const reading: ReadonlySet<number> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);
const writing: ReadonlySet<number> = new Set([StatementType.DELETE, StatementType.CREATE, StatementType.DROP]);

const unsupported = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_UNSUPPORTED, {
    failed: "The statement is not supported by the local workspace",
    seen,
    remedy: "Use SELECT, SHOW, DESCRIBE, CREATE VIEW, DROP VIEW or DELETE.",
  });

const sqlError = (error: unknown, sql: string): TracelakeError => {
  if (TracelakeError.isInstance(error)) return error;
  const engineMessage = messageOf(error);
  const message = raisedMessage(engineMessage) ?? engineMessage.replace(/^Failed to extract statements: /, "");
  return new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "The statement failed",
    seen: `${message.replace(/\n[\s\S]*/, "").replace(/\.$/, "")} in ${quoteForMessage(sql)}`,
    remedy: /does not exist/.test(message)
      ? "Check the names: tables appear when the first trace of their location arrives."
      : "Correct the statement.",
    cause: error,
  });
};

const isList = (value: object): value is readonly ParameterValue[] => Array.isArray(value);

const givenValue = (options: QueryOptions, parameter: string | number): ParameterValue => {
  const { parameters = {} } = options;
  const value = isList(parameters)
    ? parameters[Number(parameter) - 1]
    : Object.hasOwn(parameters, parameter)
      ? parameters[String(parameter)]
      : undefined;
  if (value !== undefined) return value;
  throw new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "A parameter of the statement has no value",
    seen: typeof parameter === "number" ? `number ${parameter}` : `:${parameter}`,
    remedy: "Give a value for each parameter.",
  });
};

// Without a type, DuckDB would take whole numbers for DOUBLE and HUGEINT.
const typeOf = (value: ParameterValue): DuckDBType | undefined =>
  typeof value === "bigint" || Number.isSafeInteger(value) ? BIGINT : undefined;

const bind = (
  prepared: DuckDBPreparedStatement,
  parameters: TranslatedStatement["parameters"],
  options: QueryOptions,
): void => {
  if (parameters.length === 0) return;
  const values = parameters.map((parameter) => [String(parameter), givenValue(options, parameter)] as const);
  prepared.bind(
    Object.fromEntries(
      values.map(([name, value]) => [name, typeof value === "number" && typeOf(value) ? BigInt(value) : value]),
    ),
    Object.fromEntries(values.map(([name, value]) => [name, typeOf(value)])),
  );
};

const execute = async (prepared: DuckDBPreparedStatement): Promise<Answer> => {
  const result = await prepared.runAndReadAll();
  const types = result.columnTypes();
  return {
    columns: result.columnNames().map((name, index) => {
      const type = types[index];
      return { name, type: type === undefined ? "STRING" : databricksType(type) };
    }),
    rows: result.getRows().map((row) => row.map(cellValue)),
  };
};

// Databricks' name for what DuckDB calls Count.
const affectedRows = ({ rows }: Answer): Answer => ({
  columns: [{ name: "num_affected_rows", type: "BIGINT" }],
  rows,
});

const runStatement = async (
  engine: Engine,
  session: Session,
  work: { readonly statement: TranslatedStatement; readonly options: QueryOptions },
): Promise<Answer> => {
  const { statement, options } = work;
  if (statement.session !== undefined) {
    await session.use(statement.session);
    return nothing;
  }
  const sql = asAttached(statement.sql, (catalog) => engine.hasCatalog(catalog));
  const prepared = await session.connection.prepare(sql);
  try {
    bind(prepared, statement.parameters, options);
    if (reading.has(prepared.statementType)) return await execute(prepared);
    const isInternal = sql.toLowerCase().includes(internalSchema);
    if (!writing.has(prepared.statementType) || isInternal) {
      throw unsupported(isInternal ? internalSchema : (StatementType[prepared.statementType] ?? "its kind"));
    }
    const answer = await engine.exclusively(() => execute(prepared));
    return prepared.statementType === StatementType.DELETE ? affectedRows(answer) : nothing;
  } finally {
    prepared.destroySync();
  }
};

/**
 * Runs Databricks SQL, statement by statement, and answers what the last one gives. Statements that change something
 * wait for the writer's turn.
 *
 * @throws {TracelakeError} `SQL_SYNTAX`, `SQL_UNSUPPORTED` or `SQL_FAILED`
 */
export const runQuery = async (
  engine: Engine,
  tools: { readonly sessions: Sessions; readonly translator: SqlTranslator },
  query: { readonly sql: string; readonly options: QueryOptions },
): Promise<QueryResult> => {
  const { sql, options } = query;
  const { catalog, schema } = options;
  try {
    const { statements } = tools.translator.translate(sql, {
      ...(catalog === undefined ? {} : { catalog }),
      ...(schema === undefined ? {} : { schema }),
      propertiesRelation: propertiesRelation(engine.catalogs),
    });
    return await tools.sessions.with(options, async (session) => {
      let answer = nothing;
      for (const statement of statements) {
        if (statement.kind === "command") session.changed();
        answer = await runStatement(engine, session, { statement, options });
      }
      return { ...answer, notes: [...new Set(statements.flatMap(({ notes }) => notes))] };
    });
  } catch (error) {
    throw sqlError(error, sql);
  }
};
