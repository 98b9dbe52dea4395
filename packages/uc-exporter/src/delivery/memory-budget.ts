/** How much encoded data may wait in memory for one destination, all kinds together. */
export class MemoryBudget {
  readonly #softBytes: number;
  readonly #hardBytes: number;
  #usedBytes = 0;

  /** Over `softBytes` the disk is used where there is one; over `hardBytes` nothing is taken. */
  constructor(softBytes: number, hardBytes: number) {
    this.#softBytes = softBytes;
    this.#hardBytes = hardBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  isTight(bytes: number): boolean {
    return this.#usedBytes + bytes > this.#softBytes;
  }

  isFull(bytes: number): boolean {
    return this.#usedBytes + bytes > this.#hardBytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
