import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { DuckDBResult } from "@duckdb/node-api";
import type { Parameters } from "../prepare.ts";
import type { QueryColumn } from "../query.ts";
import type { NativeTypes } from "./arrow-columns.ts";
import { ArrowStream } from "./arrow-stream.ts";
import type { Listing } from "./listings.ts";
import { Result, type PageSize, type ResultPage } from "./result.ts";
import { toSqlFailure, type SqlFailure } from "./sql-failure.ts";

/** What a session is asked to run, and how its client reads the answer. */
export interface StatementRequest {
  readonly source: { readonly sql: string; readonly parameters: Parameters } | { readonly listing: Listing };
  readonly natives: NativeTypes;
  /** No more rows than these. */
  readonly rowLimit?: number | undefined;
  /** After how long the statement is stopped. */
  readonly timeoutMillis?: number | undefined;
}

export type StatementState = "running" | "finished" | "failed" | "canceled" | "timedOut";

export interface StatementStatus {
  readonly state: StatementState;
  /** Why it failed. */
  readonly failure?: SqlFailure | undefined;
  readonly hasRows: boolean;
  /** How many rows a DELETE took away. */
  readonly affectedRows?: bigint | undefined;
  readonly startedMillis: number;
  readonly endedMillis?: number | undefined;
}

/** The columns of a result, with the message that begins its Arrow stream. */
export interface ResultHead {
  readonly columns: readonly QueryColumn[];
  readonly arrowSchema: Uint8Array;
}

/** What the engine gave for a request; no `rows` where it only changed something. */
export interface Evaluated {
  readonly rows?: DuckDBResult;
  /** Throws the engine's reason why `rows` ended early. */
  readonly throwFailure?: () => Promise<void>;
  readonly affectedRows?: bigint;
}

/** The session that a statement runs in. */
export interface StatementHost {
  evaluate(request: StatementRequest, isStopped: () => boolean): Promise<Evaluated>;
  /** Stops what the engine does for this session. */
  interrupt(): void;
  /** Runs `work` when the session does nothing else. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/** One statement of a client, from its start to the last row that is read of it. */
export class Statement {
  readonly id = randomUUID();
  readonly #request: StatementRequest;
  readonly #host: StatementHost;
  readonly #startedMillis = Date.now();
  readonly #ended = new AbortController();
  #state: StatementState = "running";
  #failure: SqlFailure | undefined;
  #endedMillis: number | undefined;
  #result: Result | undefined;
  #affectedRows: bigint | undefined;
  #stopping: "canceled" | "timedOut" | undefined;
  #isAtWork = false;

  constructor(request: StatementRequest, host: StatementHost) {
    this.#request = request;
    this.#host = host;
  }

  /** Whether rows of it are still in the engine. */
  get isOpen(): boolean {
    return this.#result?.isOpen ?? false;
  }

  get status(): StatementStatus {
    return {
      state: this.#state,
      failure: this.#failure,
      hasRows: this.#result !== undefined,
      affectedRows: this.#affectedRows,
      startedMillis: this.#startedMillis,
      endedMillis: this.#endedMillis,
    };
  }

  get head(): ResultHead {
    const { columns, arrowSchema } = this.#result ?? {
      columns: [],
      arrowSchema: new ArrowStream([], this.#request.natives).schemaMessage,
    };
    return { columns, arrowSchema };
  }

  /** Runs to the end, whatever it is; never throws. */
  async run(): Promise<void> {
    const { timeoutMillis } = this.#request;
    const timer = timeoutMillis === undefined ? undefined : setTimeout(() => this.stop("timedOut"), timeoutMillis);
    this.#isAtWork = true;
    try {
      if (this.#stopping === undefined) await this.#evaluate();
      this.#end(this.#stopping ?? "finished");
    } catch (error) {
      if (this.#stopping === undefined) this.#failure = toSqlFailure(error);
      this.#end(this.#stopping ?? "failed");
    } finally {
      clearTimeout(timer);
      this.#isAtWork = false;
    }
  }

  async #evaluate(): Promise<void> {
    const isStopped = (): boolean => this.#stopping !== undefined;
    const { rows, throwFailure, affectedRows } = await this.#host.evaluate(this.#request, isStopped);
    this.#affectedRows = affectedRows;
    if (rows === undefined) return;
    this.#result = new Result(rows, { ...this.#request, throwFailure });
    await this.#result.readAhead(isStopped);
  }

  #end(state: StatementState): void {
    this.#state = state;
    this.#endedMillis = Date.now();
    if (state !== "finished") this.#result?.drop();
    this.#ended.abort();
  }

  /** Stops it, where it has not ended yet. */
  stop(reason: "canceled" | "timedOut"): void {
    if (this.#endedMillis !== undefined || this.#stopping !== undefined) return;
    this.#stopping = reason;
    if (this.#isAtWork) this.#host.interrupt();
  }

  /** Waits for the end, but not longer than `millis`. */
  async waitForEnd(millis: number): Promise<StatementStatus> {
    if (!this.#ended.signal.aborted) {
      await delay(millis, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    }
    return this.status;
  }

  /** The next rows, or why the engine failed on the way to them; never throws. */
  async fetch(size: PageSize): Promise<ResultPage | SqlFailure> {
    const result = this.#result;
    if (this.#failure === undefined && result?.isShort(size) === true) {
      await this.#host.inTurn(() => this.#read(() => result.fill(size)));
    }
    return this.#failure ?? result?.take(size) ?? { startRow: 0, batches: [], hasMore: false };
  }

  /** Takes the rest of its rows out of the engine, so that its session can do something else; never throws. */
  async settle(): Promise<void> {
    await this.#read(async () => this.#result?.readAll());
  }

  async #read(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      this.#failure = toSqlFailure(error);
      this.#result?.drop();
    }
  }

  /** Forgets the rows that were not read. */
  drop(): void {
    this.#result?.drop();
  }
}
