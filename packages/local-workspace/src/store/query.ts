import type { DuckDBPreparedStatement } from "@duckdb/node-api";
import { ErrorCode, quoteForMessage, TracelakeError, type JsonValue } from "@tracelake/wire";
import type { SqlTranslator, TranslatedStatement } from "../sql/dialect.ts";
import { raisedMessage } from "../sql/macro-text.ts";
import { currentUser } from "../current-user.ts";
import { grantsRelation, type GrantStore } from "./grants.ts";
import type { Engine } from "./engine.ts";
import { messageOf } from "../message-of.ts";
import { prepare, type Parameters } from "./prepare.ts";
import { propertiesRelation, type Session, type Sessions } from "./session.ts";
import { checkAccess, runGrant } from "./statement-access.ts";
import { databricksType } from "./type-names.ts";
import { cellValue } from "./values.ts";

export type { ParameterValue } from "./prepare.ts";
export type { TypedParameter } from "./statements/parameters.ts";

/** As whom, and in which surroundings, a statement runs. */
export interface QueryOptions {
  /** The catalog of names that give none. */
  readonly catalog?: string;
  /** The schema of names that give none. */
  readonly schema?: string;
  /** Who asks; the workspace's own user, who owns everything, by default. */
  readonly user?: string;
  /** By name for `:name`, in order for `?`. */
  readonly parameters?: Parameters;
}

/** A column of what a statement gave. */
export interface QueryColumn {
  readonly name: string;
  /** As Databricks writes it, such as `BIGINT` or `MAP<STRING, STRING>`. */
  readonly type: string;
}

/** What one statement gave. */
export interface StatementResult {
  readonly columns: readonly QueryColumn[];
  /**
   * Cells in the order of the columns. BIGINT is `bigint`; DECIMAL, DATE and TIMESTAMP are text, the last in ISO 8601
   * with microseconds; STRUCT, MAP, ARRAY and VARIANT are plain objects and arrays.
   */
  readonly rows: readonly (readonly JsonValue[])[];
}

/** What the last of the statements gave, and all of them. */
export interface QueryResult extends StatementResult {
  /** What each statement gave that gives rows, in their order. */
  readonly results: readonly StatementResult[];
  /** What the reader of the result has to know about how the statement was understood. */
  readonly notes: readonly string[];
}

const nothing: StatementResult = { columns: [], rows: [] };

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

const execute = async (prepared: DuckDBPreparedStatement): Promise<StatementResult> => {
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
const affectedRows = ({ rows }: StatementResult): StatementResult => ({
  columns: [{ name: "num_affected_rows", type: "BIGINT" }],
  rows,
});

interface Work {
  readonly statement: TranslatedStatement;
  readonly options: QueryOptions;
  readonly grants: GrantStore;
}

const runStatement = async (
  engine: Engine,
  session: Session,
  { statement, options, grants }: Work,
): Promise<StatementResult> => {
  if (statement.session !== undefined) {
    await session.use(statement.session);
    return nothing;
  }
  await checkAccess(grants, statement, options.user ?? currentUser);
  if (statement.grant !== undefined) {
    await runGrant(grants, statement.grant);
    return nothing;
  }
  const { prepared, effect } = await prepare(engine, session.connection, { statement, ...options });
  try {
    if (effect === "reads") return await execute(prepared);
    const answer = await engine.exclusively(() => execute(prepared));
    return effect === "changesRows" ? affectedRows(answer) : nothing;
  } finally {
    prepared.destroySync();
  }
};

/**
 * Runs Databricks SQL, statement by statement, and answers what each of them gives. Statements that change something
 * wait for the writer's turn.
 *
 * @throws {TracelakeError} `SQL_SYNTAX`, `SQL_UNSUPPORTED` or `SQL_FAILED`
 */
export const runQuery = async (
  engine: Engine,
  tools: { readonly sessions: Sessions; readonly translator: SqlTranslator; readonly grants: GrantStore },
  query: { readonly sql: string; readonly options: QueryOptions },
): Promise<QueryResult> => {
  const { sql, options } = query;
  const { catalog, schema } = options;
  try {
    const { statements } = tools.translator.translate(sql, {
      ...(catalog === undefined ? {} : { catalog }),
      ...(schema === undefined ? {} : { schema }),
      propertiesRelation: propertiesRelation(engine.catalogs),
      grantsRelation,
      user: options.user ?? currentUser,
    });
    return await tools.sessions.with(options, async (session) => {
      let answer = nothing;
      const results: StatementResult[] = [];
      for (const statement of statements) {
        if (statement.kind === "command" && statement.isOfRows !== true) session.changed();
        answer = await runStatement(engine, session, { statement, options, grants: tools.grants });
        if (answer.columns.length > 0) results.push(answer);
      }
      return { ...answer, results, notes: [...new Set(statements.flatMap(({ notes }) => notes))] };
    });
  } catch (error) {
    throw sqlError(error, sql);
  }
};
