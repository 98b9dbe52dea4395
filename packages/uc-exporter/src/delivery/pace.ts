import { SendClass } from "./classify.ts";

/** How a pace measures time; another clock is for tests. */
export interface PaceClock {
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

const mostConcurrent = 4;
const failuresToOpen = 5;
const openMillis = 30_000;
const successesToClose = 2;
const slowestProbeMillis = 5 * 60_000;
const leastGapMillis = 500;

interface Backoff {
  readonly firstMillis: number;
  readonly longestMillis: number;
}

const backoffs: Readonly<Partial<Record<SendClass, Backoff>>> = {
  transient_slow: { firstMillis: 30_000, longestMillis: slowestProbeMillis },
  unauthenticated: { firstMillis: 30_000, longestMillis: slowestProbeMillis },
  configuration: { firstMillis: 60_000, longestMillis: slowestProbeMillis },
};
const usualBackoff: Backoff = { firstMillis: 500, longestMillis: 30_000 };

/** Whether a destination is well, as far as its last answers tell. */
export const Health = {
  WELL: "well",
  /** The last attempt failed. */
  FAILING: "failing",
  /** It failed so often that only single attempts are made, far apart. */
  OPEN: "open",
} as const;
export type Health = (typeof Health)[keyof typeof Health];

const systemClock: PaceClock = { now: () => performance.now(), random: () => Math.random() };

/**
 * When the next attempt may start, and how many at once. There is no budget after which a record is given up: only age,
 * size and the spool's quota drop.
 */
export class Pace {
  readonly #clock: PaceClock;
  #failures = 0;
  #successes = 0;
  #concurrent = mostConcurrent;
  #nextAt = 0;
  #boundUntil = 0;
  #lastChangeAt = Number.NEGATIVE_INFINITY;

  constructor(clock: PaceClock = systemClock) {
    this.#clock = clock;
  }

  get health(): Health {
    if (this.#failures === 0) return Health.WELL;
    return this.#failures >= failuresToOpen ? Health.OPEN : Health.FAILING;
  }

  /** Milliseconds until an attempt may start; 0 is now. `undefined` where others have to come back first. */
  waitMillis(inFlight: number): number | undefined {
    const isBusy = this.health === Health.WELL ? inFlight >= this.#concurrent : inFlight > 0;
    if (isBusy) return undefined;
    return Math.max(this.#nextAt - this.#clock.now(), 0);
  }

  /** Somebody waits for the result: the next attempt need not wait, unless the destination itself has said so. */
  hurry(): void {
    const soonest = Math.max(this.#lastChangeAt + leastGapMillis, this.#boundUntil);
    this.#nextAt = Math.min(this.#nextAt, soonest);
  }

  /** By the same clock as everything here. */
  now(): number {
    return this.#clock.now();
  }

  succeeded(): void {
    this.#boundUntil = 0;
    this.#nextAt = 0;
    this.#lastChangeAt = this.#clock.now();
    if (this.#failures === 0) {
      this.#concurrent = Math.min(this.#concurrent + 1, mostConcurrent);
      return;
    }
    this.#successes++;
    const isClosed = this.#failures < failuresToOpen || this.#successes >= successesToClose;
    if (!isClosed) return;
    this.#failures = 0;
    this.#successes = 0;
  }

  /** Attempts that were under way together fail as one. */
  failed(
    kind: SendClass,
    {
      startedAtMillis,
      retryAfterMillis,
    }: { readonly startedAtMillis: number; readonly retryAfterMillis?: number | undefined },
  ): void {
    const now = this.#clock.now();
    this.#successes = 0;
    if (kind === SendClass.THROTTLED) this.#concurrent = 1;
    if (startedAtMillis >= this.#lastChangeAt) {
      this.#lastChangeAt = now;
      this.#failures++;
      this.#nextAt = now + this.#backoffMillis(kind);
    }
    if (retryAfterMillis === undefined) return;
    this.#boundUntil = now + retryAfterMillis;
    this.#nextAt = Math.max(this.#nextAt, this.#boundUntil);
  }

  #backoffMillis(kind: SendClass): number {
    const { firstMillis, longestMillis } = backoffs[kind] ?? usualBackoff;
    const isUsual = backoffs[kind] === undefined;
    if (isUsual && this.#failures >= failuresToOpen) return openMillis * (0.8 + 0.4 * this.#clock.random());
    const ceiling = Math.min(firstMillis * 2 ** (this.#failures - 1), longestMillis);
    // Full jitter, but never below half of what a destination that needs a person is given, nor below the floor of four requests a second.
    const least = isUsual ? leastGapMillis : ceiling / 2;
    return Math.max(ceiling * this.#clock.random(), least);
  }
}
