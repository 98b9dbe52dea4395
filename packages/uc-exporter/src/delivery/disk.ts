import { report } from "../report.ts";
import { SpoolRefusal } from "../spool/quota.ts";
import type { SpoolRecord } from "../spool/spool-record.ts";
import type { Spool, SpooledFrame } from "../spool/spool.ts";

const pauseMillis = 30_000;
const slowWriteMillis = 500;

interface AppendOptions {
  /** It is tried whatever happened before. */
  readonly isLastChance?: boolean;
  /** What the record was made of. */
  readonly replaces?: SpooledFrame | undefined;
}

/**
 * A spool that may fail: after a failure nothing is written for half a minute, so that a full, broken or slow disk costs
 * its host nothing and is used again when it is well.
 */
export class Disk {
  readonly #spool: Spool;
  readonly #makeRoom: () => boolean;
  #pausedUntil = 0;

  /** `makeRoom` gives up what is oldest, where there is something. */
  constructor(spool: Spool, makeRoom: () => boolean) {
    this.#spool = spool;
    this.#makeRoom = makeRoom;
  }

  get spool(): Spool {
    return this.#spool;
  }

  get isUsable(): boolean {
    return performance.now() >= this.#pausedUntil;
  }

  /** `undefined` where the disk does not take it. */
  append(record: SpoolRecord, options: AppendOptions = {}): SpooledFrame | undefined {
    if (!this.isUsable && options.isLastChance !== true) return undefined;
    const started = performance.now();
    try {
      const frame = this.#appendMakingRoom(record, options.replaces);
      // The write itself was waited for; the next ones need not be.
      if (performance.now() - started > slowWriteMillis) this.#pausedUntil = performance.now() + pauseMillis;
      return frame;
    } catch (error) {
      this.#pausedUntil = performance.now() + pauseMillis;
      report(
        "disk",
        `Traces that cannot be delivered now are kept in memory only. ${describe(error)} Set TRACELAKE_SPOOL_DIRECTORY to a directory of your own, or TRACELAKE_DURABILITY=memory.`,
      );
      return undefined;
    }
  }

  /** @returns whether it was set aside. */
  quarantine(record: SpoolRecord, reason: string): boolean {
    try {
      this.#spool.quarantine(record, reason);
      return true;
    } catch {
      return false;
    }
  }

  #appendMakingRoom(record: SpoolRecord, replaces: SpooledFrame | undefined): SpooledFrame {
    try {
      return this.#spool.append(record, replaces);
    } catch (error) {
      if (!(error instanceof SpoolRefusal) || !error.isQuota || !this.#makeRoom()) throw error;
      return this.#spool.append(record, replaces);
    }
  }
}

const describe = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return `The disk refused them: ${message}.`;
};
