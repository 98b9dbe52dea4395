import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { totalmem } from "node:os";
import { catalogFile, listCatalogs, makeDirectories, restrictToOwner, type WorkspaceLayout } from "./layout.ts";
import { messageOf } from "../message-of.ts";
import { internalDdl } from "./schema/ddl.ts";
import { quoteName, quoteString } from "../quote-sql.ts";
import { attachedName, catalogOfAttached, stateDatabase } from "./schema/names.ts";
import { busy } from "./server-file.ts";
import { Turns } from "./turns.ts";

// VARIANT columns need it: https://duckdb.org/docs/stable/internals/storage
const storageVersion = "v1.5.0";

const mebibyte = 1024 * 1024;
const leastMemoryBytes = 256 * mebibyte;
const mostMemoryBytes = 2048 * mebibyte;

const memoryLimit = (): string => {
  const bytes = Math.min(Math.max(totalmem() / 4, leastMemoryBytes), mostMemoryBytes);
  return `${Math.floor(bytes / mebibyte)}MiB`;
};

const stateDdl = [
  `CREATE SEQUENCE IF NOT EXISTS ${stateDatabase}.main.experiment_ids START 1`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.experiments (
    experiment_id BIGINT PRIMARY KEY, name VARCHAR UNIQUE NOT NULL, artifact_location VARCHAR NOT NULL,
    lifecycle_stage VARCHAR NOT NULL, creation_time BIGINT NOT NULL, last_update_time BIGINT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.experiment_tags (
    experiment_id BIGINT, key VARCHAR, value VARCHAR NOT NULL, PRIMARY KEY (experiment_id, key))`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.experiment_traces (
    trace_id VARCHAR PRIMARY KEY, experiment_id BIGINT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.scorer_versions (
    experiment_id VARCHAR, name VARCHAR, version INTEGER, scorer_id VARCHAR NOT NULL, serialized VARCHAR NOT NULL,
    creation_time BIGINT NOT NULL, PRIMARY KEY (experiment_id, name, version))`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.online_scoring (
    scorer_id VARCHAR PRIMARY KEY, config_id VARCHAR NOT NULL, experiment_id VARCHAR NOT NULL,
    sample_rate DOUBLE NOT NULL, filter VARCHAR)`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.scheduled_scorers (
    experiment_id VARCHAR PRIMARY KEY, scorers VARCHAR NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.grants (
    securable VARCHAR, kind VARCHAR NOT NULL, principal VARCHAR, privilege VARCHAR,
    PRIMARY KEY (securable, principal, privilege))`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.runs (
    run_id VARCHAR PRIMARY KEY, experiment_id BIGINT NOT NULL, name VARCHAR NOT NULL, user_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL, lifecycle_stage VARCHAR NOT NULL, start_time BIGINT NOT NULL, end_time BIGINT)`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.run_entries (
    run_id VARCHAR, kind VARCHAR, key VARCHAR, value VARCHAR NOT NULL, PRIMARY KEY (run_id, kind, key))`,
  `CREATE TABLE IF NOT EXISTS ${stateDatabase}.main.run_metrics (
    run_id VARCHAR NOT NULL, key VARCHAR NOT NULL, value DOUBLE NOT NULL, timestamp BIGINT NOT NULL, step BIGINT NOT NULL,
    UNIQUE (run_id, key, value, timestamp, step))`,
];

/**
 * DuckDB over a workspace's files: one database for each catalog, and one writer at a time.
 *
 * After the workspace's own files are attached, DuckDB may touch no others, whatever SQL it is given, and that setting
 * is locked; catalogs that are made later lie in the one directory that stays allowed.
 */
export class Engine {
  readonly layout: WorkspaceLayout;
  readonly isReadOnly: boolean;
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #attached = new Set<string>();
  readonly #connections = new Set<DuckDBConnection>();
  readonly #writers = new Turns();

  private constructor(
    layout: WorkspaceLayout,
    isReadOnly: boolean,
    handles: { readonly instance: DuckDBInstance; readonly writer: DuckDBConnection },
  ) {
    this.layout = layout;
    this.isReadOnly = isReadOnly;
    this.#instance = handles.instance;
    this.#writer = handles.writer;
  }

  /**
   * @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` where another process has the files, `LOCAL_WORKSPACE_FAILED` where
   *   they cannot be opened.
   */
  static async open(layout: WorkspaceLayout, options: { readonly readOnly: boolean }): Promise<Engine> {
    if (!options.readOnly) await makeDirectories(layout);
    const instance = await DuckDBInstance.create(":memory:", {
      memory_limit: memoryLimit(),
      temp_directory: layout.spill,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      allow_community_extensions: "false",
    });
    const writer = await instance.connect();
    const engine = new Engine(layout, options.readOnly, { instance, writer });
    try {
      await engine.#openFiles();
      return engine;
    } catch (error) {
      engine.#closeSync();
      throw error;
    }
  }

  async #openFiles(): Promise<void> {
    await this.#writer.run("SET GLOBAL TimeZone = 'UTC'");
    const catalogs = await listCatalogs(this.layout);
    await this.#attachState();
    for (const catalog of catalogs) await this.#attach(catalog);
    await this.#writer.run(`SET GLOBAL allowed_directories = [${quoteString(`${this.layout.catalogs}/`)}]`);
    await this.#writer.run("SET GLOBAL enable_external_access = false");
    await this.#writer.run("SET GLOBAL lock_configuration = true");
  }

  async #attachState(): Promise<void> {
    if (this.isReadOnly) {
      await this.#attachFile(this.layout.stateFile, stateDatabase).catch(async (error: unknown) => {
        if (!messageOf(error).includes("does not exist")) throw error;
        await this.#writer.run(`ATTACH ':memory:' AS ${stateDatabase}`);
        for (const statement of stateDdl) await this.#writer.run(statement);
      });
      return;
    }
    await this.#attachFile(this.layout.stateFile, stateDatabase);
    for (const statement of stateDdl) await this.#writer.run(statement);
  }

  async #attachFile(file: string, name: string): Promise<void> {
    const mode = this.isReadOnly ? "READ_ONLY" : `STORAGE_VERSION ${quoteString(storageVersion)}`;
    try {
      await this.#writer.run(`ATTACH ${quoteString(file)} AS ${quoteName(name)} (${mode})`);
    } catch (error) {
      if (/set lock on file|file handle conflict/i.test(messageOf(error))) throw await busy(this.layout, error);
      throw new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
        failed: "A file of the local workspace cannot be opened",
        seen: messageOf(error),
        remedy: "Check that the directory can be written to, or use another one.",
        cause: error,
      });
    }
    if (!this.isReadOnly) await restrictToOwner(file);
  }

  async #attach(catalog: string): Promise<void> {
    const name = attachedName(catalog);
    if (this.#attached.has(name)) return;
    await this.#attachFile(catalogFile(this.layout, catalog), name);
    if (!this.isReadOnly) for (const statement of internalDdl(catalog)) await this.#writer.run(statement);
    this.#attached.add(name);
  }

  /** The catalogs that have a file. */
  get catalogs(): string[] {
    return [...this.#attached].map(catalogOfAttached);
  }

  hasCatalog(catalog: string): boolean {
    return this.#attached.has(attachedName(catalog));
  }

  /** A connection of its own for one query: give it to {@link disconnect} afterwards. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    this.#connections.add(connection);
    return connection;
  }

  disconnect(connection: DuckDBConnection): void {
    this.#connections.delete(connection);
    connection.closeSync();
  }

  /** Stops what queries are at; what the workspace itself writes is written to its end. */
  interrupt(): void {
    for (const connection of this.#connections) connection.interrupt();
  }

  /** Runs `work` on a connection of its own. */
  async read<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.connect();
    try {
      return await work(connection);
    } finally {
      this.disconnect(connection);
    }
  }

  /** Runs `work` when no other writer is at it. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#writers.take(work);
  }

  /**
   * Runs `work` as one transaction of one catalog, whose file is made when it is new. Nothing of it stays when it fails.
   */
  transaction<T>(catalog: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.exclusively(async () => {
      this.assertWritable();
      await this.#attach(catalog);
      return this.#inTransaction(work);
    });
  }

  /** Runs `work` as one transaction of the state database. */
  stateTransaction<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.exclusively(() => {
      this.assertWritable();
      return this.#inTransaction(work);
    });
  }

  async #inTransaction<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    await this.#writer.run("BEGIN TRANSACTION");
    try {
      const result = await work(this.#writer);
      await this.#writer.run("COMMIT");
      return result;
    } catch (error) {
      // A failed COMMIT has rolled back already.
      await this.#writer.run("ROLLBACK").catch(() => undefined);
      throw error;
    }
  }

  /** @throws {TracelakeError} `LOCAL_WORKSPACE_FAILED` where the workspace was opened only to be read. */
  assertWritable(): void {
    if (!this.isReadOnly) return;
    throw new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
      failed: "The local workspace cannot be written to",
      seen: "it was opened with readOnly",
      remedy: "Open it without readOnly.",
    });
  }

  /** Waits for the writer, then closes the files. */
  async close(): Promise<void> {
    await this.exclusively(async () => this.#closeSync());
  }

  #closeSync(): void {
    this.#writer.closeSync();
    this.#instance.closeSync();
  }
}
