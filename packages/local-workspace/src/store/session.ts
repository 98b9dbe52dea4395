import type { DuckDBConnection } from "@duckdb/node-api";
import { connectionSetup, engineDatabaseMacro } from "../sql/macros.ts";
import type { Engine } from "./engine.ts";
import { quoteName, quoteString } from "../quote-sql.ts";
import { attachedName, internalSchema } from "./schema/names.ts";

/** The names that a statement may leave out. */
export interface SessionNames {
  readonly catalog?: string;
  readonly schema?: string;
}

/** A connection with the macros that translated SQL calls, on loan to one query. */
export class Session {
  readonly connection: DuckDBConnection;
  #names: SessionNames = {};
  #hasChanged = false;

  constructor(connection: DuckDBConnection) {
    this.connection = connection;
  }

  /** Whether something in it could be seen by the next query, besides the names of {@link use}. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  changed(): void {
    this.#hasChanged = true;
  }

  /** Changes the current catalog and schema; what is left out stays. */
  async use(names: SessionNames): Promise<void> {
    this.#names = { ...this.#names, ...names };
    const { catalog, schema } = this.#names;
    const parts = [
      ...(catalog === undefined ? [] : [attachedName(catalog)]),
      ...(schema === undefined ? [] : [schema]),
    ];
    if (parts.length === 0) return;
    await this.connection.run(`USE ${parts.map(quoteName).join(".")}`);
  }

  /** Goes back to where a new session is. */
  async leave(): Promise<void> {
    const { catalog, schema } = this.#names;
    if (catalog === undefined && schema === undefined) return;
    await this.connection.run("USE memory.main");
    this.#names = {};
  }
}

const mostIdleSessions = 4;

// The engine sets the time zone for all connections before it locks its configuration.
const setup = [...connectionSetup.filter((statement) => !statement.startsWith("SET ")), engineDatabaseMacro("FALSE")];

/** Lends sessions: making one costs more than most queries. */
export class Sessions {
  readonly #engine: Engine;
  readonly #idle: Session[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async with<T>(names: SessionNames, work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#idle.pop() ?? (await this.open());
    try {
      await session.use(names);
      return await work(session);
    } finally {
      await this.#takeBack(session);
    }
  }

  async #takeBack(session: Session): Promise<void> {
    const isAsNew =
      !session.hasChanged &&
      (await session.leave().then(
        () => true,
        () => false,
      ));
    if (isAsNew && this.#idle.length < mostIdleSessions) this.#idle.push(session);
    else this.#engine.disconnect(session.connection);
  }

  /** A session of its own; whoever opens it disconnects it. */
  async open(): Promise<Session> {
    const connection = await this.#engine.connect();
    for (const statement of setup) await connection.run(statement);
    return new Session(connection);
  }

  close(): void {
    for (const { connection } of this.#idle.splice(0)) this.#engine.disconnect(connection);
  }
}

/** The properties of all tables, as the translation of `SHOW TBLPROPERTIES` reads them. */
export const propertiesRelation = (catalogs: readonly string[]): string => {
  const columns = "table_schema, table_name, key, value";
  const parts = catalogs.map(
    (catalog) =>
      `SELECT ${quoteString(catalog)} AS table_catalog, ${columns} FROM ${quoteName(attachedName(catalog))}.${internalSchema}.table_properties`,
  );
  const none = "SELECT '' AS table_catalog, '' AS table_schema, '' AS table_name, '' AS key, '' AS value WHERE FALSE";
  return `(${parts.length === 0 ? none : parts.join(" UNION ALL ")})`;
};
