import { ResultReturnType, type DuckDBResult } from "@duckdb/node-api";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { RecordBatch } from "apache-arrow";
import type { QueryColumn } from "../query.ts";
import { databricksType } from "../type-names.ts";
import type { NativeTypes } from "./arrow-columns.ts";
import { ArrowStream } from "./arrow-stream.ts";

/** How many rows and bytes a client takes at once. */
export interface PageSize {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Rows of a result, as the messages of Arrow record batches. */
export interface ResultPage {
  /** The place of the first row in the result. */
  readonly startRow: number;
  readonly batches: readonly { readonly rowCount: number; readonly message: Uint8Array }[];
  readonly hasMore: boolean;
}

const mebibyte = 1024 * 1024;

/** Up to here, a result is read before its statement counts as finished: what fails in it fails the statement. */
const readAheadBytes = 64 * mebibyte;

/** How much of a result may wait in memory while its session does something else. */
const mostKeptBytes = 512 * mebibyte;

const tooLarge = (): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "A result cannot wait while its session runs another statement",
    seen: `it is larger than ${mostKeptBytes} bytes`,
    remedy: "Fetch it to its end first, use a session of its own, or add a LIMIT.",
  });

const endedEarly = (): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "The rows of the statement ended early",
    seen: "the engine failed on the way to them and does not say why",
    remedy: "Run the statement again.",
  });

/** How a result is read. */
export interface ResultOptions {
  readonly natives: NativeTypes;
  readonly rowLimit?: number | undefined;
  /** Throws the engine's reason why the rows ended early. */
  readonly throwFailure?: (() => Promise<void>) | undefined;
}

/** A result that is read from the engine as its client asks for it. */
export class Result {
  readonly columns: readonly QueryColumn[];
  readonly #arrow: ArrowStream;
  readonly #kept: RecordBatch[] = [];
  #keptBytes = 0;
  readonly #throwFailure: ResultOptions["throwFailure"];
  #source: DuckDBResult | undefined;
  #nextRow = 0;
  #rowsLeft: number;

  constructor(source: DuckDBResult, options: ResultOptions) {
    const types = source.columnTypes();
    const columns = source.columnNames().flatMap((name, index) => {
      const type = types[index];
      return type === undefined ? [] : [{ name, type }];
    });
    this.columns = columns.map(({ name, type }) => ({ name, type: databricksType(type) }));
    this.#arrow = new ArrowStream(columns, options.natives);
    this.#source = source;
    this.#throwFailure = options.throwFailure;
    this.#rowsLeft = options.rowLimit ?? Infinity;
  }

  get arrowSchema(): Uint8Array {
    return this.#arrow.schemaMessage;
  }

  /** Whether rows are still in the engine, whose connection can do nothing else until then. */
  get isOpen(): boolean {
    return this.#source !== undefined;
  }

  /** Forgets the rows that were not read. */
  drop(): void {
    this.#source = undefined;
    this.#kept.length = 0;
  }

  async readAhead(isStopped: () => boolean): Promise<void> {
    while (this.#keptBytes < readAheadBytes && !isStopped() && (await this.#readChunk()));
  }

  /** Reads the rest, so that the connection is free. @throws where that is too much to keep. */
  async readAll(): Promise<void> {
    while (await this.#readChunk()) if (this.#keptBytes > mostKeptBytes) throw tooLarge();
  }

  /** Whether {@link take} needs rows that are still in the engine. */
  isShort({ maxRows, maxBytes }: PageSize): boolean {
    const rows = this.#kept.reduce((sum, batch) => sum + batch.numRows, 0);
    return this.isOpen && rows <= maxRows && this.#keptBytes <= maxBytes;
  }

  /** Reads until a page of this size is there, and a row more: then it is known whether others follow. */
  async fill(size: PageSize): Promise<void> {
    while (this.isShort(size) && (await this.#readChunk()));
  }

  /** Hands out the next rows that were read. */
  take({ maxRows, maxBytes }: PageSize): ResultPage {
    const startRow = this.#nextRow;
    const batches: { rowCount: number; message: Uint8Array }[] = [];
    let [rows, bytes] = [0, 0];
    for (let next = this.#kept[0]; next !== undefined && rows < maxRows; next = this.#kept[0]) {
      const { rowCount, message } = this.#firstOf(next, { maxRows: maxRows - rows, maxBytes });
      if (batches.length > 0 && bytes + message.length > maxBytes) break;
      batches.push({ rowCount, message });
      rows += rowCount;
      bytes += message.length;
      this.#shorten(next, rowCount);
    }
    this.#nextRow += rows;
    return { startRow, batches, hasMore: this.#kept.length > 0 || this.isOpen };
  }

  /** As many of a batch's rows as a page takes, but at least one. */
  #firstOf(batch: RecordBatch, { maxRows, maxBytes }: PageSize): { rowCount: number; message: Uint8Array } {
    let rowCount = Math.min(batch.numRows, maxRows);
    for (;;) {
      const message = this.#arrow.batchMessage(batch.slice(0, rowCount));
      if (message.length <= maxBytes || rowCount === 1) return { rowCount, message };
      rowCount = Math.ceil(rowCount / 2);
    }
  }

  #shorten(first: RecordBatch, rowCount: number): void {
    if (rowCount < first.numRows) {
      this.#kept[0] = first.slice(rowCount);
      return;
    }
    this.#kept.shift();
    this.#keptBytes = this.#kept.length === 0 ? 0 : this.#keptBytes - first.data.byteLength;
  }

  async #readChunk(): Promise<boolean> {
    const source = this.#source;
    const chunk = this.#rowsLeft > 0 ? await source?.fetchChunk() : undefined;
    if (chunk === undefined || chunk === null || chunk.rowCount === 0) {
      this.#source = undefined;
      // A stream that fails gives no chunk, either; only its result tells it from one that is read to its end.
      if (source?.returnType !== ResultReturnType.INVALID) return false;
      await this.#throwFailure?.();
      throw endedEarly();
    }
    const whole = this.#arrow.batch(chunk.getColumns(), chunk.rowCount);
    const batch = this.#rowsLeft < whole.numRows ? whole.slice(0, this.#rowsLeft) : whole;
    this.#rowsLeft -= batch.numRows;
    this.#kept.push(batch);
    this.#keptBytes += batch.data.byteLength;
    return true;
  }
}
