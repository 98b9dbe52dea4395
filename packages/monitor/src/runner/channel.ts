/** Hands items from one side to the other and holds the giving side back while nobody takes. */
export class Channel<T> {
  readonly #capacity: number;
  #items: T[] = [];
  #isClosed = false;
  #takers: (() => void)[] = [];
  #givers: (() => void)[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Waits while it is full. */
  async push(item: T): Promise<void> {
    while (this.#items.length >= this.#capacity && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#givers.push(resolve));
    }
    this.#items.push(item);
    this.#takers.shift()?.();
  }

  /** Waits for an item, and takes at most `most`; none where it is closed and empty. */
  async take(most: number): Promise<T[]> {
    while (this.#items.length === 0) {
      if (this.#isClosed) return [];
      await new Promise<void>((resolve) => this.#takers.push(resolve));
    }
    const taken = this.#items.splice(0, most);
    for (const wake of this.#givers.splice(0, taken.length)) wake();
    if (this.#items.length > 0) this.#takers.shift()?.();
    return taken;
  }

  /** Nothing comes any more. */
  close(): void {
    this.#isClosed = true;
    for (const wake of [...this.#takers.splice(0), ...this.#givers.splice(0)]) wake();
  }
}
