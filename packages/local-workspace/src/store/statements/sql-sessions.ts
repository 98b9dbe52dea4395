import type { SessionNames, Sessions } from "../session.ts";
import type { PageSize, ResultPage } from "./result.ts";
import { toSqlFailure, type SqlFailure } from "./sql-failure.ts";
import { SqlSession, type SessionTools } from "./sql-session.ts";
import type { ResultHead, Statement, StatementRequest, StatementStatus } from "./statement.ts";

/**
 * Statements in sessions, as drivers run them. Ids are UUIDs; whoever asks for what is not there, or no longer, gets
 * `undefined`.
 */
export interface StatementStore {
  /** The id of a new session of somebody, or why there is none. */
  openSession(names: SessionNames, user: string): Promise<string | SqlFailure>;
  closeSession(id: string): Promise<boolean>;
  /** Starts a statement and answers its id at once, or why it cannot start. */
  startStatement(sessionId: string, request: StatementRequest): Promise<string | SqlFailure | undefined>;
  /** Its state at its end, or after `waitMillis`. */
  statementStatus(id: string, waitMillis: number): Promise<StatementStatus | undefined>;
  statementHead(id: string): Promise<ResultHead | undefined>;
  fetchStatement(id: string, size: PageSize): Promise<ResultPage | SqlFailure | undefined>;
  /** Stops a statement; it stays until it is closed. */
  cancelStatement(id: string): Promise<boolean>;
  /** Stops a statement and forgets it. */
  closeStatement(id: string): Promise<boolean>;
}

const mostSessions = 100;
const mostStatements = 200;
const longestIdleMillis = 60 * 60 * 1000;

const tooMany = (what: string, limit: number): SqlFailure => ({
  sqlState: "53000",
  message: `[TOO_MANY_OPEN] The local workspace keeps at most ${limit} ${what} open. Close those that are no longer needed. SQLSTATE: 53000`,
});

interface Kept {
  readonly session: SqlSession;
  usedMillis: number;
}

/** The sessions of all clients. */
export class SqlSessions implements StatementStore {
  readonly #tools: SessionTools;
  readonly #sessions: Sessions;
  readonly #kept = new Map<string, Kept>();

  constructor(tools: SessionTools, sessions: Sessions) {
    this.#tools = tools;
    this.#sessions = sessions;
  }

  async openSession(names: SessionNames, user: string): Promise<string | SqlFailure> {
    await this.#closeIdle();
    if (this.#kept.size >= mostSessions) return tooMany("sessions", mostSessions);
    const session = new SqlSession(this.#tools, await this.#sessions.open(), user);
    try {
      await session.use(names);
    } catch (error) {
      await session.close();
      return toSqlFailure(error);
    }
    this.#kept.set(session.id, { session, usedMillis: Date.now() });
    return session.id;
  }

  async #closeIdle(): Promise<void> {
    const oldest = Date.now() - longestIdleMillis;
    for (const [id, { usedMillis }] of this.#kept) if (usedMillis < oldest) await this.closeSession(id);
  }

  async closeSession(id: string): Promise<boolean> {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    await kept?.session.close();
    return kept !== undefined;
  }

  async startStatement(sessionId: string, request: StatementRequest): Promise<string | SqlFailure | undefined> {
    const kept = this.#kept.get(sessionId);
    if (kept === undefined) return undefined;
    if (kept.session.statementCount >= mostStatements) return tooMany("statements of one session", mostStatements);
    kept.usedMillis = Date.now();
    return kept.session.start(request).id;
  }

  #find(id: string): { readonly session: SqlSession; readonly statement: Statement } | undefined {
    for (const kept of this.#kept.values()) {
      const statement = kept.session.statement(id);
      if (statement === undefined) continue;
      kept.usedMillis = Date.now();
      return { session: kept.session, statement };
    }
    return undefined;
  }

  async statementStatus(id: string, waitMillis: number): Promise<StatementStatus | undefined> {
    return this.#find(id)?.statement.waitForEnd(waitMillis);
  }

  async statementHead(id: string): Promise<ResultHead | undefined> {
    return this.#find(id)?.statement.head;
  }

  async fetchStatement(id: string, size: PageSize): Promise<ResultPage | SqlFailure | undefined> {
    return this.#find(id)?.statement.fetch(size);
  }

  async cancelStatement(id: string): Promise<boolean> {
    const found = this.#find(id);
    found?.statement.stop("canceled");
    return found !== undefined;
  }

  async closeStatement(id: string): Promise<boolean> {
    const found = this.#find(id);
    found?.session.closeStatement(found.statement);
    return found !== undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#kept.keys()].map((id) => this.closeSession(id)));
  }
}
