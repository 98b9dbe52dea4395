/** Lets so many at once through; the others wait in their order. */
export class Semaphore {
  #limit: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes effect as those inside leave. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#admit();
  }

  /** Waits until the work is done. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { ended } = await this.begin(work);
    return ended;
  }

  /** Waits until the work begins. @returns what waits until it is done. */
  async begin<T>(work: () => Promise<T>): Promise<{ readonly ended: Promise<T> }> {
    if (this.#inside < this.#limit) this.#inside += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return { ended: this.#finish(work) };
  }

  async #finish<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      this.#admit();
    }
  }

  #admit(): void {
    while (this.#inside < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inside += 1;
      next();
    }
  }
}
