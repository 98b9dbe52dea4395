import { setTimeout as delay } from "node:timers/promises";
import { rowsByName, type SqlClient, type SqlValue } from "@tracelake/workspace-client";
import { ErrorCode, quoteForMessage, TracelakeError, quoteQualifiedName } from "@tracelake/wire";
import type { HeldShard, LeaseAnswer, LeaseRequest, LeaseStore, ShardState } from "./lease-store.ts";

/** Where leases are kept, and among whom the traces are divided. */
export interface SqlLeasesOptions {
  /** `catalog.schema.table`; it is made where it is missing, for which the workers need CREATE TABLE on the schema. */
  readonly table: string;
  /** Which group of workers this is: several may share a table. Default `"monitor"`. */
  readonly group?: string;
  /** Into how many shards the traces are divided; at least as many as there are workers, and the same for all. Default 16. */
  readonly shardCount?: number;
}

// Rows of workers stand beside those of shards, so that a new worker is heard of before it has a shard.
const workerShard = -1;
const attempts = 6;

/** @see https://docs.databricks.com/aws/en/optimizations/isolation-level#write-conflicts-on-databricks */
const conflict = /concurrent|conflict/i;

/** @see https://docs.databricks.com/aws/en/error-messages/error-classes#table_or_view_not_found */
const missing = /TABLE_OR_VIEW_NOT_FOUND|does not exist/i;

const quoteTable = (table: string): string => {
  const parts = table.split(".");
  if (parts.length === 3 && parts.every((part) => part !== "")) {
    return quoteQualifiedName(table);
  }
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The table of leases cannot be used",
    seen: quoteForMessage(table),
    remedy: 'Write "catalog.schema.table".',
  });
};

const now = "UNIX_MILLIS(CURRENT_TIMESTAMP())";
const wholeNumber = (value: number): string => String(Math.trunc(value));

const isHeld = (shards: readonly HeldShard[]): string =>
  `(${shards.map(({ shard, fence }) => `(shard = ${wholeNumber(shard)} AND fence = ${wholeNumber(fence)})`).join(" OR ")})`;

/** The statements of one table, for one group of workers. */
class LeaseTable {
  readonly #sql: SqlClient;
  readonly #table: string;
  readonly #group: string;
  readonly shardCount: number;

  constructor(sql: SqlClient, { table, group = "monitor", shardCount = 16 }: SqlLeasesOptions) {
    this.#sql = sql;
    this.#table = quoteTable(table);
    this.#group = group;
    this.shardCount = shardCount;
  }

  /** Adds the rows of the shards, and before them the table, which only the first worker needs the permission for. */
  async create(): Promise<void> {
    try {
      await this.#addShards();
    } catch (error) {
      if (!(error instanceof Error && missing.test(error.message))) throw error;
      await this.#createTable();
      await this.#addShards();
    }
  }

  async #createTable(): Promise<void> {
    await this.#run(`CREATE TABLE IF NOT EXISTS ${this.#table} (worker_group STRING, shard INT, owner STRING, fence BIGINT,
  expires_millis BIGINT, watermark_millis BIGINT)`);
  }

  async #addShards(): Promise<void> {
    await this.#change(`MERGE INTO ${this.#table} AS t USING (SELECT EXPLODE(SEQUENCE(0, ${this.shardCount - 1})) AS shard) AS s
  ON t.worker_group = :worker_group AND t.shard = s.shard
WHEN NOT MATCHED THEN INSERT (worker_group, shard, fence, expires_millis) VALUES (:worker_group, s.shard, 0, 0)`);
  }

  async release({ owner, release }: LeaseRequest): Promise<void> {
    if (release.length === 0) return;
    await this.#change(
      `UPDATE ${this.#table} SET owner = NULL, expires_millis = 0
WHERE worker_group = :worker_group AND owner = :owner AND ${isHeld(release)}`,
      { owner },
    );
  }

  /** Keeps the shards of a worker, and the worker itself known. */
  async keep({ owner, keep, watermark, durationMillis }: LeaseRequest): Promise<void> {
    const reached = watermark?.shards.map(wholeNumber).join(", ") ?? "";
    const watermarkSql =
      watermark === undefined || reached === ""
        ? ""
        : `, watermark_millis = CASE WHEN shard IN (${reached}) THEN ${wholeNumber(watermark.millis)} ELSE watermark_millis END`;
    const held = keep.length === 0 ? "" : ` OR ${isHeld(keep)}`;
    await this.#change(
      `UPDATE ${this.#table} SET expires_millis = ${now} + ${wholeNumber(durationMillis)}${watermarkSql}
WHERE worker_group = :worker_group AND owner = :owner AND (shard = ${workerShard}${held})`,
      { owner },
    );
  }

  async take({ owner, take, durationMillis }: LeaseRequest): Promise<void> {
    if (take.length === 0) return;
    await this.#change(
      `UPDATE ${this.#table} SET owner = :owner, fence = fence + 1, expires_millis = ${now} + ${wholeNumber(durationMillis)}
WHERE worker_group = :worker_group AND shard IN (${take.map(wholeNumber).join(", ")}) AND expires_millis <= ${now}`,
      { owner },
    );
  }

  /** Makes a worker known, and forgets those that have not been heard of for some time. */
  async enter({ owner, durationMillis }: LeaseRequest): Promise<void> {
    await this.#change(`DELETE FROM ${this.#table}
WHERE worker_group = :worker_group AND shard = ${workerShard} AND expires_millis <= ${now}`);
    await this.#change(
      `MERGE INTO ${this.#table} AS t USING (SELECT :owner AS owner) AS s
  ON t.worker_group = :worker_group AND t.shard = ${workerShard} AND t.owner = s.owner
WHEN NOT MATCHED THEN INSERT (worker_group, shard, owner, fence, expires_millis)
  VALUES (:worker_group, ${workerShard}, s.owner, 0, ${now} + ${wholeNumber(durationMillis)})`,
      { owner },
    );
  }

  async leave({ owner }: Pick<LeaseRequest, "owner">): Promise<void> {
    await this.#change(
      `DELETE FROM ${this.#table} WHERE worker_group = :worker_group AND shard = ${workerShard} AND owner = :owner`,
      { owner },
    );
  }

  /** How things stand, and whether the worker itself is known. */
  async read(owner: string): Promise<LeaseAnswer & { readonly isKnown: boolean }> {
    const answer = await this.#run(
      `SELECT shard, owner, fence, watermark_millis, expires_millis - ${now} AS left_millis FROM ${this.#table}
WHERE worker_group = :worker_group ORDER BY shard`,
      { worker_group: this.#group },
    );
    const rows = rowsByName(answer);
    const leftMillisOf = (row: (typeof rows)[number]): number => Math.max(0, Number(row["left_millis"]));
    const isWorker = (row: (typeof rows)[number]): boolean => Number(row["shard"]) === workerShard;
    const shards = rows
      .filter((row) => !isWorker(row))
      .map((row): ShardState => ({
        shard: Number(row["shard"]),
        owner: leftMillisOf(row) > 0 && typeof row["owner"] === "string" ? row["owner"] : undefined,
        leftMillis: leftMillisOf(row),
        fence: Number(row["fence"]),
        watermarkMillis: row["watermark_millis"] === null ? undefined : Number(row["watermark_millis"]),
      }));
    this.#assertCount(shards);
    const workers = rows.filter(isWorker);
    const others = workers.filter((row) => leftMillisOf(row) > 0 && row["owner"] !== owner);
    return { shards, workers: others.length + 1, isKnown: workers.some((row) => row["owner"] === owner) };
  }

  #assertCount(shards: readonly ShardState[]): void {
    if (shards.length === this.shardCount) return;
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: `The workers do not agree on the shards in ${this.#table}`,
      seen: `${shards.length} rows for ${this.shardCount} shards of the group ${quoteForMessage(this.#group)}`,
      remedy: "Give all workers the same `shardCount`, or this group another `group`.",
    });
  }

  // Each of these can be repeated: it says what has to hold, or does nothing where it has been done.
  async #change(statement: string, parameters: Readonly<Record<string, SqlValue>> = {}): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#run(statement, { worker_group: this.#group, ...parameters });
        return;
      } catch (error) {
        const isConflict = error instanceof Error && conflict.test(error.message);
        if (!isConflict || attempt >= attempts) throw error;
        await delay(100 * 2 ** attempt * Math.random());
      }
    }
  }

  #run(statement: string, parameters: Readonly<Record<string, SqlValue>> = {}) {
    return this.#sql.query(statement, parameters);
  }
}

/**
 * Leases in a table of the workspace: each step is one statement, which Delta's optimistic concurrency makes atomic. Time is
 * the warehouse's, so that the clocks of the workers need not agree.
 *
 * @param sql what runs the statements, such as `statementExecution`.
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where the name is not one of a table.
 */
export const sqlLeases = (sql: SqlClient, options: SqlLeasesOptions): LeaseStore => {
  const table = new LeaseTable(sql, options);
  let isMade = false;
  let entered: string | undefined;
  return {
    shardCount: table.shardCount,
    exchange: async (request) => {
      if (!isMade) await table.create();
      isMade = true;
      if (entered !== request.owner) await table.enter(request);
      await table.keep(request);
      await table.release(request);
      await table.take(request);
      if (request.isLeaving) await table.leave(request);
      const { isKnown, ...answer } = await table.read(request.owner);
      // Another worker forgets one that was not heard of for longer than a lease.
      entered = isKnown ? request.owner : undefined;
      return answer;
    },
  };
};
