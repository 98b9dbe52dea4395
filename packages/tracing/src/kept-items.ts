import { snapshotText } from "./capture/snapshot.ts";
import { withinBytes } from "./capture/truncate.ts";
import { tracingRuntime } from "./runtime.ts";

const mostItems = 10_000;
const moreItems = "[More items were not kept]";
// For the list around the items, the mark of what was cut, and that there were more.
const reservedBytes = 128;

// Whoever reads bytes may take their memory away, or have it filled again.
const copyBytes = (bytes: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(bytes);

/** The first items of a stream: as many as may be recorded, and none where content is switched off. */
export class KeptItems {
  readonly #policy = tracingRuntime().policy;
  readonly #areOriginals: boolean;
  readonly #originals: unknown[] = [];
  /** JSON of the copies: it takes less than values do, and less time to make. */
  readonly #copies: string[] = [];
  #bytesLeft = this.#policy.maxValueBytes - reservedBytes;
  #hasMore = false;

  /** With `areOriginals` the items themselves are kept, bytes excepted, and otherwise how they were when they came. */
  constructor(areOriginals: boolean) {
    this.#areOriginals = areOriginals;
  }

  add(item: unknown): void {
    if (this.#hasMore || !this.#policy.content) return;
    this.#hasMore = this.#bytesLeft <= 0 || this.#originals.length + this.#copies.length >= mostItems;
    if (this.#hasMore) return;
    if (this.#areOriginals) this.#keepOriginal(item);
    else this.#keepCopy(item);
  }

  values(): readonly unknown[] {
    const values = this.#areOriginals ? [...this.#originals] : (JSON.parse(`[${this.#copies.join(",")}]`) as unknown[]);
    if (this.#hasMore) values.push(moreItems);
    return values;
  }

  #keepOriginal(item: unknown): void {
    const bytes = item instanceof Uint8Array ? copyBytes(item) : undefined;
    this.#originals.push(bytes ?? item);
    this.#bytesLeft -= bytes?.byteLength ?? Buffer.byteLength(snapshotText(item, { keepMedia: true }));
  }

  #keepCopy(item: unknown): void {
    const text = snapshotText(item, { keepMedia: this.#policy.media === "keep" });
    const kept = withinBytes(text, this.#bytesLeft);
    this.#copies.push(kept);
    // What was cut is the last one.
    this.#bytesLeft = kept === text ? this.#bytesLeft - Buffer.byteLength(text) - 1 : 0;
  }
}
