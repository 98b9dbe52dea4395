import { bytesIn } from "./directory-content.ts";
import { isDiskAlmostFull } from "./private-directory.ts";
import { quarantineName } from "./quarantine.ts";
import type { SpoolHome } from "./spool-home.ts";

/** Why a spool takes no more, though the file system would. */
export class SpoolRefusal extends Error {
  override readonly name = "SpoolRefusal";
  /** Whether deleting what is spooled would help. */
  readonly isQuota: boolean;

  constructor(message: string, options: { readonly isQuota: boolean }) {
    super(message);
    this.isQuota = options.isQuota;
  }
}

// Three segments' worth, so that one can be written again while others come.
const mostRoomBytes = 12 * 1024 * 1024;
const measuredEveryBytes = 16 * 1024 * 1024;
const measuredEveryMillis = 10_000;

/**
 * How much of the disk the spool of one destination may take, whoever wrote it. What this process writes and deletes is
 * counted; what others do is seen by measuring again, which reads every directory and is not done for each record.
 */
export class Quota {
  readonly #home: SpoolHome;
  readonly #largestBytes: number;
  #usedBytes = 0;
  #addedSinceMeasured = Number.POSITIVE_INFINITY;
  #measuredAtMillis = Number.NEGATIVE_INFINITY;

  constructor(home: SpoolHome, largestBytes: number) {
    this.#home = home;
    this.#largestBytes = largestBytes;
  }

  added(bytes: number): void {
    this.#usedBytes += bytes;
    this.#addedSinceMeasured += bytes;
  }

  removed(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** What is known is not true any more. */
  forget(): void {
    this.#addedSinceMeasured = Number.POSITIVE_INFINITY;
  }

  /** @throws {SpoolRefusal} where the disk or the quota is full. */
  assertRoom(bytes: number): void {
    if (isDiskAlmostFull(this.#home.root)) throw new SpoolRefusal("the disk is almost full", { isQuota: false });
    if (this.#addedSinceMeasured >= measuredEveryBytes) this.#measure();
    if (this.#exceeds(this.#largestBytes - bytes))
      throw new SpoolRefusal(`the spool holds its largest size, ${this.#largestBytes} bytes`, { isQuota: true });
  }

  /** Whether little is left. */
  get isAlmostFull(): boolean {
    const roomBytes = Math.min(mostRoomBytes, this.#largestBytes / 10);
    return Number.isFinite(this.#addedSinceMeasured) && this.#exceeds(this.#largestBytes - roomBytes);
  }

  // What others deleted makes room, too.
  #exceeds(bytes: number): boolean {
    if (this.#usedBytes > bytes && performance.now() - this.#measuredAtMillis >= measuredEveryMillis) this.#measure();
    return this.#usedBytes > bytes;
  }

  #measure(): void {
    this.#usedBytes = this.#home
      .names()
      .filter((name) => name !== quarantineName)
      .reduce((sum, name) => sum + bytesIn(this.#home.pathOf(name)), 0);
    this.#addedSinceMeasured = 0;
    this.#measuredAtMillis = performance.now();
  }
}
