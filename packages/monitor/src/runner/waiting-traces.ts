interface Waiting {
  /** When the trace began, in Unix milliseconds. */
  readonly startMillis: number;
  /** When it was first seen, by a clock that nobody sets. */
  readonly seenMillis: number;
  /** Not to be looked at before, by the same clock. */
  notBeforeMillis: number;
}

// A trace that never ends must not make every look one for all that came after it.
const longestHoldMillis = 600_000;

/** The traces that a later look has to decide on: not complete yet, or of which it is not certain what was written. */
export class WaitingTraces {
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  /** When the trace was first seen, where it waits. */
  seenMillis(id: string): number | undefined {
    return this.#waiting.get(id)?.seenMillis;
  }

  isTooEarly(id: string): boolean {
    const waiting = this.#waiting.get(id);
    return waiting !== undefined && performance.now() < waiting.notBeforeMillis;
  }

  add(id: string, startMillis: number, pauseMillis = 0): void {
    const nowMillis = performance.now();
    const known = this.#waiting.get(id);
    const notBeforeMillis = nowMillis + pauseMillis;
    if (known === undefined) this.#waiting.set(id, { startMillis, seenMillis: nowMillis, notBeforeMillis });
    else known.notBeforeMillis = notBeforeMillis;
  }

  delete(id: string): void {
    this.#waiting.delete(id);
  }

  /** The oldest start of those that hold the next look back; `undefined` where none does. */
  oldestStartMillis(): number | undefined {
    const nowMillis = performance.now();
    let oldest: number | undefined;
    for (const [id, { startMillis, seenMillis }] of this.#waiting) {
      if (nowMillis - seenMillis > longestHoldMillis) this.#waiting.delete(id);
      else if (oldest === undefined || startMillis < oldest) oldest = startMillis;
    }
    return oldest;
  }
}
