interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes in one transaction what comes while an earlier transaction is under way: a commit costs as much for one row as for
 * a thousand. Whoever hands something in is answered when it is on disk.
 */
export class GroupedWrites<Transaction, Item, Result> {
  readonly #begin: <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;
  readonly #write: (transaction: Transaction, items: readonly Item[]) => Promise<readonly Result[]>;
  #waiting: Waiting<Item, Result>[] = [];

  /** @param write gives a result for each item, in their order. */
  constructor(
    begin: <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>,
    write: (transaction: Transaction, items: readonly Item[]) => Promise<readonly Result[]>,
  ) {
    this.#begin = begin;
    this.#write = write;
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length === 1) void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    let group: Waiting<Item, Result>[] = [];
    try {
      const results = await this.#begin((transaction) => {
        group = this.#take();
        return this.#write(
          transaction,
          group.map(({ item }) => item),
        );
      });
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result);
    } catch (error) {
      // A transaction that could not begin has taken nothing.
      for (const { reject } of group.length === 0 ? this.#take() : group) reject(error);
    }
  }

  #take(): Waiting<Item, Result>[] {
    const group = this.#waiting;
    this.#waiting = [];
    return group;
  }
}
