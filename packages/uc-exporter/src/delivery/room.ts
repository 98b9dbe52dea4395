import { Thinning, thinTraceRequest } from "../convert/cut-span.ts";
import { DropReason, RecordKind, type Ledger } from "../pipeline/ledger.ts";
import type { SpooledFrame } from "../spool/spool.ts";
import type { Batch } from "./batch.ts";
import type { Channel, Thin } from "./channel.ts";
import type { Disk } from "./disk.ts";
import { report } from "../report.ts";

// Two segments' worth.
const bytesToGiveUp = 8 * 1024 * 1024;

const restMillis = 250;

const nextStep = { 0: Thinning.BEGINNINGS, 1: Thinning.ROOTS_AND_ERRORS, 2: undefined } as const;

/**
 * Room for what comes where the spool is almost full. What waits for the longest time first loses all but the beginnings of
 * its texts, then all spans that neither are roots nor failed; only then is it given up. That works file by file, since a
 * file goes with its last record, and between the host's turns. Where it is too slow for what comes, the oldest file goes
 * as it is.
 */
export class Room {
  readonly #channels: readonly Channel[];
  readonly #ledger: Ledger;
  readonly #disk: Disk;
  #isThinning = false;
  #restsUntil = 0;

  constructor(channels: readonly Channel[], ledger: Ledger, disk: Disk) {
    this.#channels = channels;
    this.#ledger = ledger;
    this.#disk = disk;
  }

  /** Begins to make room where little is left. */
  prepare(): void {
    if (this.#isThinning || performance.now() < this.#restsUntil || !this.#disk.spool.isAlmostFull) return;
    this.#isThinning = true;
    void this.#thinWhileAlmostFull().finally(() => (this.#isThinning = false));
  }

  /** Gives up what waits for the longest time. @returns whether there was anything. */
  giveUp(): boolean {
    let given = 0;
    while (given < bytesToGiveUp) {
      const file = this.#oldestFile();
      if (file === undefined) break;
      for (const channel of this.#channels) for (const batch of channel.takeWaitingIn(file)) given += this.#lose(batch);
    }
    return given > 0;
  }

  async #thinWhileAlmostFull(): Promise<void> {
    // What cannot be read now stays where it is.
    const tried = new Set<SpooledFrame["file"]>();
    while (this.#disk.spool.isAlmostFull) {
      // What is written again must not land in the file that is to go.
      const file = this.#oldestFile((candidate) => candidate.isSealed && !tried.has(candidate));
      if (file === undefined || !this.#disk.isUsable) {
        // There is nothing to do for each batch that comes now, either.
        this.#restsUntil = performance.now() + restMillis;
        return;
      }
      tried.add(file);
      report("thin", "The spool is almost full: the oldest traces in it keep the beginnings of their texts only.");
      for (const channel of this.#channels) await channel.shrinkWaitingIn(file, thin);
    }
  }

  #oldestFile(isWanted: (file: SpooledFrame["file"]) => boolean = () => true): SpooledFrame["file"] | undefined {
    let oldest: SpooledFrame | undefined;
    for (const { waitingOnDisk } of this.#channels)
      for (const { frame } of waitingOnDisk)
        if (
          frame !== undefined &&
          isWanted(frame.file) &&
          !(frame.createdUnixMillis >= (oldest?.createdUnixMillis ?? Infinity))
        )
          oldest = frame;
    return oldest?.file;
  }

  #lose({ kind, recordCount, frame }: Batch): number {
    if (frame === undefined) return 0;
    this.#ledger.drop(kind, recordCount, { from: "spooled", reason: DropReason.QUOTA });
    this.#disk.spool.acknowledge(frame);
    return frame.length;
  }
}

/** The next step; trace infos are small, and go with what is left of their spans. */
const thin: Thin = (batch, raw) => {
  const step = nextStep[batch.thinning ?? Thinning.NONE];
  if (step === undefined) return undefined;
  batch.thinning = step;
  return batch.kind === RecordKind.SPANS ? thinTraceRequest(raw, step) : { bytes: raw, recordCount: batch.recordCount };
};
