interface Waiting {
  /** When it began, in Unix milliseconds. */
  readonly startMillis: number;
  /** When it was first seen, by a clock that nobody sets. */
  readonly seenMillis: number;
  /** Not to be looked at before, by the same clock. */
  notBeforeMillis: number;
  pauses: number;
}

// What never ends must not make every look one for all that came after it.
const longestHoldMillis = 600_000;

/**
 * The traces, or the sessions, that a later look has to decide on: not complete yet, or of which it is not certain what was
 * written.
 */
export class WaitingList {
  readonly #waiting = new Map<string, Waiting>();
  readonly #keptMillis: number;

  /** @param lookbackMillis how long after its start something may be seen again. */
  constructor(lookbackMillis: number) {
    this.#keptMillis = Math.max(longestHoldMillis, lookbackMillis);
  }

  /** How many hold the next look back. */
  get size(): number {
    return [...this.#waiting.values()].filter(isHolding).length;
  }

  /** When it was first seen, where it waits. */
  seenMillis(id: string): number | undefined {
    return this.#waiting.get(id)?.seenMillis;
  }

  /** How long it still is until it is given up. */
  leftMillis(id: string): number {
    const waitedMillis = performance.now() - (this.seenMillis(id) ?? performance.now());
    return Math.max(0, this.#keptMillis - waitedMillis);
  }

  isTooEarly(id: string): boolean {
    const waiting = this.#waiting.get(id);
    return waiting !== undefined && performance.now() < waiting.notBeforeMillis;
  }

  /**
   * Waits for another look, and before that twice as long as the last time that it had to wait for one.
   *
   * @param longestMillis how long it waits at most, however often it had to.
   */
  add(id: string, startMillis: number, pauseMillis = 0, longestMillis = Infinity): void {
    const nowMillis = performance.now();
    let waiting = this.#waiting.get(id);
    if (waiting === undefined) {
      waiting = { startMillis, seenMillis: nowMillis, notBeforeMillis: nowMillis, pauses: 0 };
      this.#waiting.set(id, waiting);
    }
    waiting.notBeforeMillis = nowMillis + Math.min(pauseMillis * 2 ** waiting.pauses, longestMillis);
    if (pauseMillis > 0) waiting.pauses += 1;
  }

  delete(id: string): void {
    this.#waiting.delete(id);
  }

  /** The oldest start of those that hold the next look back; `undefined` where none does. */
  oldestStartMillis(): number | undefined {
    let oldest: number | undefined;
    for (const waiting of this.#waiting.values()) {
      const { startMillis } = waiting;
      if (isHolding(waiting) && (oldest === undefined || startMillis < oldest)) oldest = startMillis;
    }
    return oldest;
  }

  /** Forgets what has waited for so long that no look reaches it any more. @returns its ids. */
  forgetOld(): string[] {
    const keptSinceMillis = performance.now() - this.#keptMillis;
    const old = [...this.#waiting].flatMap(([id, { seenMillis }]) => (seenMillis < keptSinceMillis ? [id] : []));
    for (const id of old) this.#waiting.delete(id);
    return old;
  }
}

const isHolding = ({ seenMillis }: Waiting): boolean => performance.now() - seenMillis <= longestHoldMillis;
