import { randomUUID } from "node:crypto";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { SqlTranslator, TranslatedStatement } from "../../sql/dialect.ts";
import type { Engine } from "../engine.ts";
import { grantsRelation, type GrantStore } from "../grants.ts";
import { prepare, type Parameters } from "../prepare.ts";
import { propertiesRelation, type Session, type SessionNames } from "../session.ts";
import { checkAccess, runGrant } from "../statement-access.ts";
import { Turns } from "../turns.ts";
import { writeListing, type Listing } from "./listings.ts";
import { Statement, type Evaluated, type StatementHost, type StatementRequest } from "./statement.ts";

export interface SessionTools {
  readonly engine: Engine;
  readonly translator: () => Promise<SqlTranslator>;
  readonly grants: GrantStore;
}

const noCatalog = (catalog: string): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "[NO_SUCH_CATALOG_EXCEPTION] The catalog was not found",
    seen: quoteForMessage(catalog),
    remedy: "A catalog appears here when the first trace of one of its locations arrives.",
  });

const stopped: Evaluated = {};

/**
 * A client's session: a connection of its own with the client's catalog, schema and temporary views. It runs one statement
 * at a time; the others wait.
 */
export class SqlSession implements StatementHost {
  readonly id = randomUUID();
  readonly #tools: SessionTools;
  readonly #session: Session;
  readonly #user: string;
  readonly #turns = new Turns();
  readonly #statements = new Map<string, Statement>();
  #names: SessionNames = {};
  #open: Statement | undefined;

  constructor(tools: SessionTools, session: Session, user: string) {
    this.#tools = tools;
    this.#session = session;
    this.#user = user;
  }

  get names(): SessionNames {
    return this.#names;
  }

  get statementCount(): number {
    return this.#statements.size;
  }

  /** @throws where there is no such catalog or schema. */
  async use(names: SessionNames): Promise<void> {
    const { catalog } = names;
    if (catalog !== undefined && !this.#tools.engine.hasCatalog(catalog)) throw noCatalog(catalog);
    await this.#session.use(names);
    this.#names = { ...this.#names, ...names };
  }

  start(request: StatementRequest): Statement {
    const statement = new Statement(request, this);
    this.#statements.set(statement.id, statement);
    void this.inTurn(async () => {
      const open = this.#open;
      this.#open = undefined;
      await open?.settle();
      await statement.run();
      if (statement.isOpen) this.#open = statement;
    });
    return statement;
  }

  statement(id: string): Statement | undefined {
    return this.#statements.get(id);
  }

  closeStatement(statement: Statement): void {
    this.#statements.delete(statement.id);
    statement.stop("canceled");
    statement.drop();
    if (this.#open !== statement) return;
    this.#open = undefined;
    // The engine lets go of a result that is half read when its connection does something else.
    void this.inTurn(() => this.#session.connection.run("SELECT 1").catch(() => undefined));
  }

  async close(): Promise<void> {
    for (const statement of this.#statements.values()) statement.stop("canceled");
    this.#statements.clear();
    await this.inTurn(async () => this.#tools.engine.disconnect(this.#session.connection));
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(work);
  }

  interrupt(): void {
    this.#session.connection.interrupt();
  }

  async evaluate({ source }: StatementRequest, isStopped: () => boolean): Promise<Evaluated> {
    if ("listing" in source) return this.#list(source.listing);
    const { engine, translator } = this.#tools;
    const { statements } = (await translator()).translate(source.sql, {
      ...this.#names,
      propertiesRelation: propertiesRelation(engine.catalogs),
      grantsRelation,
      user: this.#user,
    });
    let answer = stopped;
    for (const statement of statements) {
      if (isStopped()) return stopped;
      answer = await this.#run(statement, source.parameters, isStopped);
    }
    return answer;
  }

  async #list(listing: Listing): Promise<Evaluated> {
    const { prepared } = await prepare(this.#tools.engine, this.#session.connection, {
      statement: { sql: writeListing(listing), parameters: [] },
    });
    try {
      return { rows: await prepared.stream() };
    } finally {
      prepared.destroySync();
    }
  }

  async #run(statement: TranslatedStatement, parameters: Parameters, isStopped: () => boolean): Promise<Evaluated> {
    if (statement.session !== undefined) {
      await this.use(statement.session);
      return {};
    }
    const { engine, grants } = this.#tools;
    await checkAccess(grants, statement, this.#user);
    if (statement.grant !== undefined) {
      await runGrant(grants, statement.grant);
      return {};
    }
    const { connection } = this.#session;
    const { prepared, effect } = await prepare(engine, connection, { statement, parameters });
    try {
      if (effect === "reads") {
        const rows = await prepared.stream();
        return { rows, throwFailure: () => this.#throwFailure(statement, parameters) };
      }
      const changed = await engine.exclusively(async () =>
        isStopped() ? undefined : (await prepared.run()).rowsChanged,
      );
      if (effect !== "changesRows" || changed === undefined) return {};
      const rows = await connection.stream(`SELECT CAST(${changed} AS BIGINT) AS num_affected_rows`);
      return { rows, affectedRows: BigInt(changed) };
    } finally {
      prepared.destroySync();
    }
  }

  // A stream that failed does not say why. Run again to where it failed, without giving rows, its statement does.
  async #throwFailure(statement: TranslatedStatement, parameters: Parameters): Promise<void> {
    const { prepared } = await prepare(this.#tools.engine, this.#session.connection, {
      statement: { ...statement, sql: `EXPLAIN ANALYZE ${statement.sql}` },
      parameters,
    });
    try {
      await prepared.run();
    } finally {
      prepared.destroySync();
    }
  }
}
