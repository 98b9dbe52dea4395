import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { doesNotExist, errorResponse } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import { principalOf } from "../../http/principal.ts";
import type { Store } from "../../store/store.ts";
import type { Service } from "../service.ts";
import {
  failed,
  onlyOne,
  queryOptions,
  running,
  statementSchema,
  succeeded,
  type Statement,
  type StatementAnswer,
} from "./statement.ts";

/** How many answers can be asked for again. */
const keptStatements = 50;

class Statements {
  readonly #latest = new Map<string, StatementAnswer>();
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Starts a statement and answers when it is finished, or at the end of the time that the client waits. */
  async run(statement: Statement, user: string): Promise<StatementAnswer> {
    const id = randomUUID();
    this.#keep(running(id));
    const finished = this.#finish(id, statement, user);
    // A statement cannot be stopped half-way here: whoever wants it cancelled then is given its answer instead.
    if (statement.on_wait_timeout === "CANCEL") return finished;
    const waiting = new AbortController();
    const timeout = delay(Number.parseInt(statement.wait_timeout, 10) * 1000, undefined, { signal: waiting.signal });
    const answer = await Promise.race([finished, timeout.catch(() => undefined)]);
    waiting.abort();
    return answer ?? running(id);
  }

  async #finish(id: string, statement: Statement, user: string): Promise<StatementAnswer> {
    const answer = await this.#store
      .query(statement.statement, { ...queryOptions(statement), user })
      .then((result) => succeeded(id, onlyOne(result), statement.row_limit))
      .catch((error: unknown) => failed(id, error));
    this.#keep(answer);
    return answer;
  }

  #keep(answer: StatementAnswer): void {
    this.#latest.set(answer.statement_id, answer);
    for (const oldest of [...this.#latest.keys()].slice(0, -keptStatements)) this.#latest.delete(oldest);
  }

  latest(id: string): StatementAnswer | undefined {
    return this.#latest.get(id);
  }
}

/**
 * Databricks' Statement Execution API: one statement, its rows as text in one chunk.
 *
 * @see https://docs.databricks.com/api/workspace/statementexecution
 */
export const sqlService: Service = {
  name: "sql",
  mount: (app, { store, tokens }) => {
    const statements = new Statements(store);
    app.post("/api/2.0/sql/statements", async (context) => {
      const statement = await readJson(context, statementSchema);
      return context.json(await statements.run(statement, principalOf(context, tokens)));
    });
    app.get("/api/2.0/sql/statements/:id", (context) => {
      const id = context.req.param("id");
      const answer = statements.latest(id);
      return answer === undefined
        ? errorResponse(context, doesNotExist(`The statement ${id} is not there, or is too long ago.`))
        : context.json(answer);
    });
  },
};
