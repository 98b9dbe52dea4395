const budgetMillis = 50;
const budgetMillisPerMegabyte = 150;
const mostOverruns = 3;
const pauseMillis = 60_000;

/** How long a redaction may take, which runs in the caller's stack and cannot be interrupted. */
export class RedactionBudget {
  readonly #now: () => number;
  #overruns = 0;
  #pausedUntilMillis = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** `false` for a minute after several overruns in a row: one alone may be a pause of the whole process. */
  get hasTime(): boolean {
    return this.#now() >= this.#pausedUntilMillis;
  }

  /** Runs a redaction, and notes how long it took for a value of that many characters. @throws what it throws */
  spend<T>(redaction: () => T, countCharacters: () => number): T {
    const startMillis = this.#now();
    try {
      return redaction();
    } finally {
      const endMillis = this.#now();
      const isOverrun = isTooLong(endMillis - startMillis, countCharacters);
      this.#overruns = isOverrun ? this.#overruns + 1 : 0;
      if (this.#overruns >= mostOverruns) {
        this.#pausedUntilMillis = endMillis + pauseMillis;
        this.#overruns = mostOverruns - 1;
      }
    }
  }
}

// Counting is not free, so that only what may have been too slow is counted.
const isTooLong = (millis: number, countCharacters: () => number): boolean =>
  millis > budgetMillis && millis > budgetMillis + (countCharacters() / 1_000_000) * budgetMillisPerMegabyte;

const budgets = new WeakMap<object, RedactionBudget>();

/** One for each redaction function. */
export const budgetOf = (redaction: object): RedactionBudget => {
  const known = budgets.get(redaction);
  if (known !== undefined) return known;
  const budget = new RedactionBudget();
  budgets.set(redaction, budget);
  return budget;
};
