import { setTimeout as sleep } from "node:timers/promises";
import type { JsonValue } from "@tracelake/wire";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { requestJson, type AnswerSchema, type Connection } from "@tracelake/workspace-client";
import type { SqlAnswer, SqlRequest, SqlSource } from "./sql-source.ts";
import { statementAnswerSchema, statementChunkSchema, type StatementAnswer } from "./statement-answer.ts";
import { typedCell } from "./statement-cells.ts";

const statementsPath = "/api/2.0/sql/statements";
const pollMillis = 200;
// The server answers within this, or says that it goes on working.
const waitTimeout = "30s";
const requestTimeoutMillis = 60_000;

/** SQL over Databricks' Statement Execution API. */
export const serverSource = (server: { readonly url: string; readonly token: string | undefined }): SqlSource => {
  const { token } = server;
  const connection: Connection = {
    baseUrl: server.url.replace(/\/+$/, ""),
    authorization: () => (token === undefined ? undefined : `Bearer ${token}`),
    credentialSource: "the token of the running `tracelake dev`",
  };
  return {
    notes: [],
    query: async (statement, request) => {
      const submitted = await submit(connection, statement, request);
      return readAnswer(connection, await whenFinished(connection, submitted));
    },
    close: async () => undefined,
  };
};

const ask = <T>(
  connection: Connection,
  what: { readonly method: "GET" | "POST"; readonly path: string; readonly body?: unknown },
  schema: AnswerSchema<T>,
): Promise<T> =>
  requestJson(
    connection,
    { ...what, purpose: "Running the statement", timeoutMillis: requestTimeoutMillis, maxAttempts: 2 },
    schema,
  );

const submit = (connection: Connection, statement: string, request: SqlRequest = {}): Promise<StatementAnswer> => {
  const body = {
    ...request,
    statement,
    // The API wants a warehouse; a local workspace has one only.
    warehouse_id: "local",
    format: "JSON_ARRAY",
    disposition: "INLINE",
    wait_timeout: waitTimeout,
    on_wait_timeout: "CONTINUE",
  };
  return ask(connection, { method: "POST", path: statementsPath, body }, statementAnswerSchema);
};

const whenFinished = async (connection: Connection, submitted: StatementAnswer): Promise<StatementAnswer> => {
  let answer = submitted;
  while (answer.state === "PENDING" || answer.state === "RUNNING") {
    await sleep(pollMillis);
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
  const [, code, failed, seen, remedy] = /^(?:\[(\w+)\] )?(.*?): (.*)\. (.*)$/s.exec(said) ?? [];
  if (isErrorCode(code) && failed !== undefined && seen !== undefined && remedy !== undefined) {
    return new TracelakeError(code, { failed, seen, remedy });
  }
  return new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "The statement did not succeed",
    seen: said.replace(/\.$/, "") || state,
    remedy: "Correct it as the message says.",
  });
};

const readAnswer = async (connection: Connection, answer: StatementAnswer): Promise<SqlAnswer> => {
  const { columns, notes } = answer;
  const rows: (readonly JsonValue[])[] = [];
  let { chunk } = answer;
  for (;;) {
    for (const row of chunk.rows) rows.push(columns.map(({ type }, index) => typedCell(row[index] ?? null, type)));
    if (chunk.nextPath === undefined) return { columns, rows, notes };
    chunk = await ask(connection, { method: "GET", path: chunk.nextPath }, statementChunkSchema);
  }
};
