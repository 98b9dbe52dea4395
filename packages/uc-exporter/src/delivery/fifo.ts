/** A queue whose head is taken in constant time, however long it is. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  take(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    // What was taken must not be kept alive by its former place.
    this.#items[this.#head++] = undefined;
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) this.#compact();
    return item;
  }

  /** What is in the queue, which stays there. */
  values(): T[] {
    return this.#items.slice(this.#head) as T[];
  }

  /** Takes those that are as asked, in their order; the others stay. */
  takeWhere(isWanted: (item: T) => boolean): T[] {
    const all = this.takeAll();
    this.#items = all.filter((item) => !isWanted(item));
    return all.filter(isWanted);
  }

  /** Takes everything. */
  takeAll(): T[] {
    this.#compact();
    return this.#items.splice(0) as T[];
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
