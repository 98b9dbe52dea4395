import type { Lease } from "../leases/lease.ts";

// Most traces appear within this of their start; the others are found by looking back.
const overlapMillis = 60_000;

interface Progress {
  /** When the newest look began. */
  readonly reachedMillis: number;
  /** When the newest look back began. */
  readonly lookedBackMillis: number;
}

export interface LookedAtOptions {
  /** How long after their start traces may arrive and still be seen. */
  readonly lookbackMillis: number;
  /** Where to begin, or earlier where nobody has been so far; Unix milliseconds. */
  readonly sinceMillis: number | undefined;
}

export interface Look {
  readonly nowMillis: number;
  readonly isLookingBack: boolean;
}

/**
 * How far the traces of each lease were looked at. What arrives after a look back began as long as `lookbackMillis` before
 * it at most: only from there on does the next one have to look, and only until then was everything seen.
 */
export class LookedAt {
  readonly #options: LookedAtOptions;
  readonly #progress = new WeakMap<Lease, Progress>();
  /** Shards that were looked at from `sinceMillis` on: one that goes and comes back begins where it was left. */
  readonly #begun = new Set<number>();

  constructor(options: LookedAtOptions) {
    this.#options = options;
  }

  /** From when on traces have to be looked at, in Unix milliseconds. */
  fromMillis(leases: readonly Lease[], look: Look): number {
    return Math.min(...leases.map((lease) => this.#fromMillisOf(lease, look)));
  }

  /** @returns the time until which all that these leases are for was seen. */
  looked(leases: readonly Lease[], { nowMillis, isLookingBack }: Look): number {
    const lookedBack = leases.map((lease) => {
      const known = this.#progress.get(lease);
      this.#begun.add(lease.shard);
      // The first look under a lease is one back.
      const lookedBackMillis = isLookingBack || known === undefined ? nowMillis : known.lookedBackMillis;
      this.#progress.set(lease, { reachedMillis: nowMillis, lookedBackMillis });
      return lookedBackMillis;
    });
    return Math.min(nowMillis, ...lookedBack);
  }

  #fromMillisOf(lease: Lease, { nowMillis, isLookingBack }: Look): number {
    const { lookbackMillis, sinceMillis } = this.#options;
    const progress = this.#progress.get(lease);
    if (progress !== undefined) {
      const { reachedMillis, lookedBackMillis } = progress;
      return isLookingBack ? lookedBackMillis - lookbackMillis : reachedMillis - overlapMillis;
    }
    const { watermarkMillis, shard } = lease;
    if (watermarkMillis === undefined) return sinceMillis ?? nowMillis - lookbackMillis;
    return Math.min(watermarkMillis - lookbackMillis, this.#begun.has(shard) ? Infinity : (sinceMillis ?? Infinity));
  }
}
