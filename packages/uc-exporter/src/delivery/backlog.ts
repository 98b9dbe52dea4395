import { DropReason } from "../pipeline/ledger.ts";
import { report } from "../report.ts";
import type { SpooledFrame } from "../spool/spool.ts";
import type { Batch } from "./batch.ts";
import type { ChannelContext } from "./channel.ts";
import { Fifo } from "./fifo.ts";

const restMillis = 30_000;
const lossOf = { expired: DropReason.EXPIRED, damaged: DropReason.SPOOL_DAMAGED } as const;

/** What waits on disk, without a copy in memory. */
export class Backlog {
  readonly #shared: ChannelContext;
  readonly #batches = new Fifo<Batch>();
  #restsUntil = 0;

  constructor(shared: ChannelContext) {
    this.#shared = shared;
  }

  get length(): number {
    return this.#batches.length;
  }

  /** How long it is not to be taken from, as the disk could not be read. */
  get restMillis(): number {
    return Math.max(this.#restsUntil - performance.now(), 0);
  }

  push(batch: Batch): void {
    this.#batches.push(batch);
  }

  take(): Batch | undefined {
    return this.#batches.take();
  }

  values(): readonly Batch[] {
    return this.#batches.values();
  }

  takeWaitingIn(file: SpooledFrame["file"]): Batch[] {
    return this.#batches.takeWhere(({ frame }) => frame?.file === file);
  }

  /** Somebody waits for the result. */
  hurry(): void {
    this.#restsUntil = 0;
  }

  /** Reads the body of a batch that has none in memory. @returns whether there is something to be sent. */
  async load(batch: Batch): Promise<boolean> {
    const { disk, ledger } = this.#shared;
    if (disk === undefined || batch.body.length > 0 || batch.frame === undefined) return true;
    const record = await disk.spool.read(batch.frame);
    if (record === "unreadable") {
      report("unreadable", "Traces on disk cannot be read now. They stay there, and are tried again.");
      // Nor is what is behind it asked for at once.
      this.#restsUntil = performance.now() + restMillis;
      this.#batches.push(batch);
      return false;
    }
    if (typeof record === "string") {
      ledger.drop(batch.kind, batch.recordCount, { from: "spooled", reason: lossOf[record] });
      disk.spool.acknowledge(batch.frame);
      return false;
    }
    batch.body = record.body;
    batch.isCompressed = record.isCompressed;
    return true;
  }
}
