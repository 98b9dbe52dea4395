import { Semaphore } from "../semaphore.ts";

const firstLimit = 8;
const mostWrites = 64;
const growth = 0.25;
// An answer that comes so late says that there is a queue, and a queue that is longer than the timeout makes answers
// uncertain.
const slowShare = 1 / 8;

/**
 * How many writes are under way at once: more while the workspace answers quickly, so that it can group them, and fewer as
 * soon as it does not, so that none of them is given up while it waits there.
 */
export class WritePace {
  readonly #slowMillis: number;
  readonly #gate = new Semaphore(firstLimit);
  #limit = firstLimit;
  #lastCutMillis = -Infinity;

  constructor({ timeoutMillis }: { readonly timeoutMillis: number }) {
    this.#slowMillis = timeoutMillis * slowShare;
  }

  run<T>(write: () => Promise<T>): Promise<T> {
    return this.#gate.run(async () => {
      const startMillis = performance.now();
      try {
        return await write();
      } finally {
        this.#learn(startMillis);
      }
    });
  }

  #learn(startMillis: number): void {
    const nowMillis = performance.now();
    if (nowMillis - startMillis <= this.#slowMillis) this.#limit = Math.min(this.#limit + growth, mostWrites);
    else if (startMillis > this.#lastCutMillis) {
      // Those that began before the last cut say nothing of what it did.
      this.#limit = Math.max(this.#limit / 2, 1);
      this.#lastCutMillis = nowMillis;
    }
    this.#gate.limit = Math.floor(this.#limit);
  }
}
