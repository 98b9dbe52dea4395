import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Connection } from "../connection.ts";
import { requestJson, type AnswerSchema } from "../request.ts";
import { collectAnswer, type SqlChunk, type SqlClient, type SqlQueryOptions, type SqlValue } from "./sql-client.ts";
import { statementAnswerSchema, statementChunkSchema, type StatementAnswer } from "./statement-answer.ts";
import { typedCell } from "./statement-cells.ts";

const statementsPath = "/api/2.0/sql/statements";
const firstPollMillis = 200;
const longestPollMillis = 2000;
// The server answers within this, or says that it goes on working.
const waitTimeout = "30s";
const requestTimeoutMillis = 60_000;

const ask = <T>(
  connection: Connection,
  what: { readonly method: "GET" | "POST"; readonly path: string; readonly body?: unknown },
  schema: AnswerSchema<T>,
): Promise<T> =>
  requestJson(
    connection,
    {
      ...what,
      purpose: "Running the statement",
      timeoutMillis: requestTimeoutMillis,
      // A statement whose answer was lost may have run, and an INSERT must not run twice.
      maxAttempts: what.method === "POST" ? 1 : 2,
      remedies: {
        403: "Give the owner of the credentials CAN USE on the SQL warehouse, and what the message names.",
        404: "Check MLFLOW_TRACING_SQL_WAREHOUSE_ID: the SQL warehouse may not be in this workspace.",
      },
    },
    schema,
  );

const parameterOf = (name: string, value: SqlValue): { name: string; value: string | null; type?: string } => {
  if (value === null) return { name, value: null };
  if (value instanceof Date) return { name, value: value.toISOString(), type: "TIMESTAMP" };
  switch (typeof value) {
    case "string":
      return { name, value };
    case "boolean":
      return { name, value: String(value), type: "BOOLEAN" };
    case "bigint":
      return { name, value: String(value), type: "BIGINT" };
    case "number":
      return { name, value: String(value), type: Number.isSafeInteger(value) ? "BIGINT" : "DOUBLE" };
    default:
      return { name, ...value };
  }
};

const submit = (
  connection: Connection,
  warehouseId: string,
  statement: string,
  { parameters, catalog, schema }: SqlQueryOptions & { readonly parameters: Readonly<Record<string, SqlValue>> },
): Promise<StatementAnswer> => {
  const body = {
    ...(catalog === undefined ? {} : { catalog }),
    ...(schema === undefined ? {} : { schema }),
    parameters: Object.entries(parameters).map(([name, value]) => parameterOf(name, value)),
    statement,
    warehouse_id: warehouseId,
    format: "JSON_ARRAY",
    disposition: "INLINE",
    wait_timeout: waitTimeout,
    on_wait_timeout: "CONTINUE",
  };
  return ask(connection, { method: "POST", path: statementsPath, body }, statementAnswerSchema);
};

const whenFinished = async (
  connection: Connection,
  submitted: StatementAnswer,
  onProgress: SqlQueryOptions["onProgress"],
): Promise<StatementAnswer> => {
  const startMillis = Date.now();
  let answer = submitted;
  for (
    let pauseMillis = firstPollMillis;
    answer.state === "PENDING" || answer.state === "RUNNING";
    pauseMillis = Math.min(pauseMillis * 1.5, longestPollMillis)
  ) {
    onProgress?.({ state: answer.state, elapsedMillis: Date.now() - startMillis });
    await sleep(pauseMillis);
    const path = `${statementsPath}/${encodeURIComponent(answer.statementId)}`;
    answer = await ask(connection, { method: "GET", path }, statementAnswerSchema);
  }
  if (answer.state === "SUCCEEDED") return answer;
  throw statementError(answer);
};

const isErrorCode = (text: string | undefined): text is ErrorCode =>
  text !== undefined && Object.hasOwn(ErrorCode, text);

// A local workspace puts its code before the three parts of its message.
const statementError = ({ state, error }: StatementAnswer): TracelakeError => {
  const said = error?.message ?? "";
  const answer = { errorCode: error?.code, message: said };
  const [, code, failed, seen, remedy] = /^(?:\[(\w+)\] )?(.*?): (.*)\. (.*)$/s.exec(said) ?? [];
  if (isErrorCode(code) && failed !== undefined && seen !== undefined && remedy !== undefined) {
    return new TracelakeError(code, { failed, seen, remedy, answer });
  }
  return new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "The statement did not succeed",
    seen: said.replace(/\.$/, "") || state,
    remedy: "Correct it as the message says.",
    answer,
  });
};

/**
 * SQL over Databricks' Statement Execution API, which needs no driver. An answer may have 25 MiB there; for larger ones,
 * or many, use {@link connectSql}.
 *
 * @see https://docs.databricks.com/api/workspace/statementexecution
 */
export const statementExecution = (
  connection: Connection,
  { sqlWarehouseId }: { readonly sqlWarehouseId: string },
): SqlClient => {
  async function* stream(
    statement: string,
    parameters: Readonly<Record<string, SqlValue>> = {},
    options: SqlQueryOptions = {},
  ): AsyncGenerator<SqlChunk, void, void> {
    const submitted = await submit(connection, sqlWarehouseId, statement, { ...options, parameters });
    const { columns, notes, chunk: first } = await whenFinished(connection, submitted, options.onProgress);
    for (let chunk = first; ;) {
      const rows = chunk.rows.map((row) => columns.map(({ type }, index) => typedCell(row[index] ?? null, type)));
      yield { columns, rows, notes };
      if (chunk.nextPath === undefined) return;
      chunk = await ask(connection, { method: "GET", path: chunk.nextPath }, statementChunkSchema);
    }
  }
  return {
    query: (statement, parameters, options) => collectAnswer(stream(statement, parameters, options)),
    stream,
    close: async () => {},
  };
};
