import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "hono";
import { doesNotExist, errorResponse } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import { principalOf } from "../../http/principal.ts";
import type { Store } from "../../store/store.ts";
import type { Service } from "../service.ts";
import { KeptAnswers } from "./kept-answers.ts";
import { failed, onlyOne, queryOptions, running, statementSchema, succeeded, type Statement } from "./statement.ts";

const mebibyte = 1024 * 1024;

/**
 * What clients did not get yet, and what they got and may ask for again: Databricks keeps either for twelve hours.
 *
 * @see https://docs.databricks.com/api/statement-execution/v1/get-statement-result.md
 */
const limits = {
  awaited: { answers: 50, characters: 256 * mebibyte },
  sent: { answers: 50, characters: 32 * mebibyte },
};

const runningText = (id: string): string => JSON.stringify(running(id));

const json = (context: Context, text: string): Response =>
  context.body(text, 200, { "content-type": "application/json" });

class Statements {
  readonly #running = new Set<string>();
  readonly #awaited = new KeptAnswers(limits.awaited);
  readonly #sent = new KeptAnswers(limits.sent);
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Starts a statement and answers when it is finished, or at the end of the time that the client waits. */
  async run(statement: Statement, user: string): Promise<string> {
    const id = randomUUID();
    this.#running.add(id);
    const finished = this.#finish(id, statement, user);
    // A statement cannot be stopped half-way here: whoever wants it cancelled then is given its answer instead.
    if (statement.on_wait_timeout === "CANCEL") return this.#send(id, await finished);
    const waiting = new AbortController();
    const timeout = delay(Number.parseInt(statement.wait_timeout, 10) * 1000, undefined, { signal: waiting.signal });
    const answer = await Promise.race([finished, timeout.catch(() => undefined)]);
    waiting.abort();
    return answer === undefined ? runningText(id) : this.#send(id, answer);
  }

  async #finish(id: string, statement: Statement, user: string): Promise<string> {
    const text = await this.#store
      .query(statement.statement, { ...queryOptions(statement), user })
      .then((result) => JSON.stringify(succeeded(id, onlyOne(result), statement.row_limit)))
      .catch((error: unknown) => JSON.stringify(failed(id, error)));
    this.#running.delete(id);
    this.#awaited.keep(id, text);
    return text;
  }

  #send(id: string, text: string): string {
    this.#awaited.forget(id);
    this.#sent.keep(id, text);
    return text;
  }

  latest(id: string): string | undefined {
    if (this.#running.has(id)) return runningText(id);
    const awaited = this.#awaited.get(id);
    return awaited === undefined ? this.#sent.get(id) : this.#send(id, awaited);
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
      return json(context, await statements.run(statement, principalOf(context, tokens)));
    });
    app.get("/api/2.0/sql/statements/:id", (context) => {
      const id = context.req.param("id");
      const answer = statements.latest(id);
      return answer === undefined
        ? errorResponse(context, doesNotExist(`The statement ${id} is not there, or is too long ago.`))
        : json(context, answer);
    });
  },
};
