import { existsSync } from "node:fs";
import { DropReason, type Ledger } from "../pipeline/ledger.ts";
import { report } from "../report.ts";
import { makeWriterDirectory } from "../sinks/journal-sink.ts";
import type { LocalSink } from "../sinks/sink.ts";
import { SegmentWriter } from "../spool/segment-writer.ts";
import { toSpoolRecord, type Batch } from "./batch.ts";
import type { Delivery } from "./delivery.ts";
import { formatLocation } from "@tracelake/wire";

const pauseMillis = 30_000;
const largestWaitingBytes = 32 * 1024 * 1024;
const largestBatchBytes = 1024 * 1024;

/** To the journal of a local workspace: appended, and from there on the workspace's. */
export class JournalDelivery implements Delivery {
  readonly batchDelayMillis = 50;
  readonly #ledger: Ledger;
  readonly #writer: SegmentWriter;
  readonly #name: string;
  #waiting: Batch[] = [];
  #waitingBytes = 0;
  #pausedUntil = 0;
  #directory: string | undefined;

  constructor(sink: LocalSink, ledger: Ledger, options: { readonly isSynced: boolean }) {
    this.#ledger = ledger;
    this.#name = sink.name;
    this.#writer = new SegmentWriter(
      () => this.#ownDirectory(sink),
      () => ({ location: formatLocation(sink.location) }),
      options,
    );
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  largestBodyBytes(): number {
    return largestBatchBytes;
  }

  accept(batch: Batch): void {
    this.#waiting.push(batch);
    this.#waitingBytes += batch.body.length;
    if (performance.now() >= this.#pausedUntil) this.#write();
    if (this.#waitingBytes <= largestWaitingBytes) return;
    this.#waiting.pop();
    this.#waitingBytes -= batch.body.length;
    this.#ledger.drop(batch.kind, batch.recordCount, { from: "queued", reason: DropReason.QUEUE_FULL });
  }

  async flush(): Promise<void> {
    this.#write();
    await this.#writer.sync().catch((error: unknown) => this.#fail(error));
  }

  secureNow(): void {
    this.#write();
  }

  abort(): void {}

  closeNow(): void {
    this.#write();
    for (const { kind, recordCount } of this.#waiting)
      this.#ledger.drop(kind, recordCount, { from: "queued", reason: DropReason.EXIT });
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writer.seal();
  }

  // Somebody may have removed it while the process lives.
  #ownDirectory(sink: LocalSink): string {
    if (this.#directory === undefined || !existsSync(this.#directory)) this.#directory = makeWriterDirectory(sink);
    return this.#directory;
  }

  /** What the disk does not take stays in memory, up to a bound, and is tried again. */
  #write(): void {
    while (this.#waiting.length > 0) {
      const [batch] = this.#waiting;
      if (batch === undefined) return;
      try {
        const { type, recordCount, body } = toSpoolRecord(batch);
        this.#writer.append({ type, recordCount, body });
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#waiting.shift();
      this.#waitingBytes -= batch.body.length;
      batch.body = new Uint8Array();
      this.#ledger.move(batch.kind, batch.recordCount, { from: "queued", to: "spooled" });
    }
  }

  #fail(error: unknown): void {
    this.#pausedUntil = performance.now() + pauseMillis;
    const message = error instanceof Error ? error.message : String(error);
    report(
      "journal",
      `The journal in ${this.#name} cannot be written: ${message}. Traces are kept in memory and tried again; set TRACELAKE_DIRECTORY to a directory that can be written.`,
    );
  }
}
