import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { encodeJournalFrame, encodeJournalHeader, type JournalFrame } from "@tracelake/wire";

const largestSegmentBytes = 4 * 1024 * 1024;
const longestSegmentMillis = 30_000;

interface OpenSegment {
  readonly file: number;
  readonly path: string;
  readonly openedAtMillis: number;
  bytes: number;
}

// A write may take less than it was given; the rest would otherwise be a torn frame.
const writeWhole = (file: number, bytes: Uint8Array): void => {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
};

/**
 * Appends frames to segment files that only this writer writes: a directory of its own per process (and per worker
 * thread), `NNNNNN.open` while it is written, renamed to `NNNNNN.seg` when it is whole. Readable by the owner only, as
 * it holds prompts.
 */
export class JournalWriter {
  readonly #directory: string;
  readonly #location: string;
  #segment: OpenSegment | undefined;
  #nextNumber = 1;

  constructor(journalDirectory: string, location: string) {
    const writer = `p-${process.pid}-${Math.round(performance.timeOrigin)}-${randomBytes(4).toString("hex")}`;
    this.#directory = join(journalDirectory, location, writer);
    this.#location = location;
  }

  /**
   * Appends one frame.
   *
   * @throws what the file system throws. A segment that could not take a whole frame is given up: nothing is ever
   * appended behind a torn frame.
   */
  append(frame: JournalFrame): void {
    const bytes = encodeJournalFrame(frame);
    if (this.#isOld()) this.seal();
    const segment = this.#segment ?? this.#open();
    try {
      writeWhole(segment.file, bytes);
    } catch (error) {
      this.seal();
      throw error;
    }
    segment.bytes += bytes.length;
    if (segment.bytes >= largestSegmentBytes) this.seal();
  }

  /** Closes the open segment, so that a reader may delete it once it has read it. */
  seal(): void {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment === undefined) return;
    closeSync(segment.file);
    try {
      renameSync(segment.path, segment.path.replace(/\.open$/, ".seg"));
    } catch {
      // It was read whole and deleted, or somebody removed the journal: either way there is nothing left to seal.
    }
  }

  // A reader takes a segment that nobody wrote to for a minute for one whose writer is gone.
  #isOld(): boolean {
    return this.#segment !== undefined && performance.now() - this.#segment.openedAtMillis >= longestSegmentMillis;
  }

  #open(): OpenSegment {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, `${String(this.#nextNumber++).padStart(6, "0")}.open`);
    const file = openSync(path, "ax", 0o600);
    try {
      writeWhole(file, encodeJournalHeader({ version: 1, location: this.#location, createdUnixMillis: Date.now() }));
    } catch (error) {
      closeSync(file);
      rmSync(path, { force: true });
      throw error;
    }
    this.#segment = { file, path, openedAtMillis: performance.now(), bytes: 0 };
    return this.#segment;
  }
}
