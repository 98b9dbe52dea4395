import { copyFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { JournalFrame } from "@tracelake/wire";
import { bytesIn, removeIfEmpty } from "./directory-content.ts";
import { newOwnedName } from "./owner.ts";
import { SegmentWriter } from "./segment-writer.ts";
import type { SpoolHome } from "./spool-home.ts";

/** Its directory, beside those of the processes. */
export const quarantineName = "quarantine";

const longestAgeMillis = 7 * 24 * 60 * 60_000;
const forgottenEveryMillis = 60 * 60_000;

/** What was set aside for people to look at: for seven days, and as much as there is room for. */
export class Quarantine {
  readonly #home: SpoolHome;
  readonly #largestBytes: number;
  readonly #writer: SegmentWriter;
  #name: string | undefined;
  #reason = "";
  #usedBytes: number | undefined;
  #forgotAtMillis = Number.NEGATIVE_INFINITY;

  constructor(home: SpoolHome, largestBytes: number) {
    this.#home = home;
    this.#largestBytes = largestBytes;
    this.#writer = new SegmentWriter(
      () => this.#directory(),
      () => ({ location: "", destinationHash: home.destinationHash, reason: this.#reason }),
    );
  }

  /** @throws what the file system throws, and where there is no room. */
  keep(frame: JournalFrame, reason: string): void {
    this.#assertRoom(frame.body.length);
    this.#reason = reason.slice(0, 1_000);
    this.#writer.append(frame);
    this.#writer.seal();
  }

  /** A copy of a file that cannot be read whole, where there is room. Never throws. */
  keepCopy(path: string): void {
    try {
      this.#assertRoom(statSync(path).size);
      copyFileSync(path, join(this.#directory(), `${basename(dirname(path))}-${basename(path)}.damaged`));
    } catch {
      // It is only for people to look at.
    }
  }

  /** Deletes what is too old. Never rejects. */
  async forgetOld(): Promise<void> {
    if (performance.now() - this.#forgotAtMillis < forgottenEveryMillis) return;
    this.#forgotAtMillis = performance.now();
    // There may be tens of thousands of small files.
    const { readdir, rm, stat } = process.getBuiltinModule("node:fs/promises");
    const path = this.#home.pathOf(quarantineName);
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((found) => found.isFile())) {
      try {
        const { mtimeMs, size } = await stat(join(entry.parentPath, entry.name));
        if (Date.now() - mtimeMs <= longestAgeMillis) continue;
        await rm(join(entry.parentPath, entry.name));
        if (this.#usedBytes !== undefined) this.#usedBytes -= size;
        removeIfEmpty(entry.parentPath);
      } catch {
        // Somebody else was faster.
      }
    }
  }

  #assertRoom(bytes: number): void {
    this.#usedBytes ??= bytesIn(this.#home.pathOf(quarantineName));
    if (this.#usedBytes + bytes > this.#largestBytes)
      throw new Error(`the quarantine holds its largest size, ${this.#largestBytes} bytes`);
    this.#usedBytes += bytes;
  }

  // Made anew each time: it is removed when everything in it was forgotten.
  #directory(): string {
    this.#name ??= newOwnedName();
    return this.#home.make(quarantineName, this.#name);
  }
}
