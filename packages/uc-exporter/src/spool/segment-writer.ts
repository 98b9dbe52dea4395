import {
  closeSync,
  constants,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  writevSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { encodeJournalFrameHead, encodeJournalHeader, type JournalFrame, type JournalHeader } from "@tracelake/wire";

const largestSegmentBytes = 4 * 1024 * 1024;
const longestSegmentMillis = 30_000;

/** One file of frames. Its path changes when it is sealed. */
export interface Segment {
  path: string;
  bytes: number;
  isSealed: boolean;
}

/** Where a frame is. */
export interface WrittenFrame {
  readonly segment: Segment;
  readonly offset: number;
  readonly length: number;
}

type SegmentHeader = Omit<JournalHeader, "version" | "createdUnixMillis">;

interface OpenSegment extends Segment {
  readonly file: number;
  readonly openedAtMillis: number;
}

// A write may take less than it was given; the rest would otherwise be a torn frame.
const writeWhole = (file: number, ...parts: readonly Uint8Array[]): void => {
  let written = writevSync(file, parts);
  for (const part of parts) {
    for (let at = Math.min(written, part.length); at < part.length;) at += writeSync(file, part, at);
    written = Math.max(written - part.length, 0);
  }
};

const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | constants.O_NOFOLLOW;

const syncDirectory = (path: string): void => {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
};

/**
 * Appends frames to segment files in a directory that only this writer writes: `NNNNNN.open` while it is written,
 * renamed to `NNNNNN.seg` when it is whole. Readable by the owner only, as it holds prompts.
 */
export class SegmentWriter {
  readonly #directory: () => string;
  readonly #header: () => SegmentHeader;
  readonly #isSynced: boolean;
  #segment: OpenSegment | undefined;
  #nextNumber = 1;

  /** `directory` names the directory, and makes it where it is not there; it and `header` are asked for each segment. */
  constructor(directory: () => string, header: () => SegmentHeader, options: { readonly isSynced?: boolean } = {}) {
    this.#directory = directory;
    this.#header = header;
    this.#isSynced = options.isSynced ?? false;
  }

  /**
   * Appends one frame.
   *
   * @throws what the file system throws. A segment that could not take a whole frame is given up: nothing is ever
   * appended behind a torn frame.
   */
  append(frame: JournalFrame): WrittenFrame {
    const head = encodeJournalFrameHead(frame);
    const length = head.length + frame.body.length;
    if (this.#isOver()) this.seal();
    const segment = this.#segment ?? this.#open();
    const offset = segment.bytes;
    try {
      writeWhole(segment.file, head, frame.body);
    } catch (error) {
      this.#cutBack(segment);
      throw error;
    }
    segment.bytes += length;
    if (segment.bytes >= largestSegmentBytes) this.seal();
    return { segment, offset, length };
  }

  /** Waits until what was appended is on the disk itself, where the writer was made for that. */
  async sync(): Promise<void> {
    const segment = this.#segment;
    if (!this.#isSynced || segment === undefined) return;
    await new Promise<void>((resolve, reject) => {
      fdatasync(segment.file, (error) => {
        // Closed meanwhile means sealed, which syncs.
        if (error === null || error.code === "EBADF") resolve();
        else reject(error);
      });
    });
  }

  /** Closes the open segment, so that a reader may delete it once it has read it. */
  seal(): void {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment === undefined) return;
    try {
      if (this.#isSynced) fsyncSync(segment.file);
    } finally {
      closeSync(segment.file);
    }
    segment.isSealed = true;
    const sealed = segment.path.replace(/\.open$/, ".seg");
    try {
      renameSync(segment.path, sealed);
      segment.path = sealed;
      if (this.#isSynced) syncDirectory(dirname(sealed));
    } catch {
      // It was read whole and deleted, or somebody removed the directory: either way there is nothing left to seal.
    }
  }

  #cutBack(segment: OpenSegment): void {
    try {
      ftruncateSync(segment.file, segment.bytes);
    } catch {
      // A disk that cannot even shorten a file leaves a torn tail, which readers recognise.
    }
    this.seal();
  }

  // A reader takes a segment that nobody wrote to for a minute for one whose writer is gone. And what is appended to one
  // that was removed, or renamed with its directory, is read by nobody.
  #isOver(): boolean {
    if (this.#segment === undefined) return false;
    const { openedAtMillis, path } = this.#segment;
    return performance.now() - openedAtMillis >= longestSegmentMillis || !existsSync(path);
  }

  #open(): OpenSegment {
    const path = join(this.#directory(), `${String(this.#nextNumber++).padStart(6, "0")}.open`);
    const header = encodeJournalHeader({ version: 1, ...this.#header(), createdUnixMillis: Date.now() });
    const file = openSync(path, exclusive, 0o600);
    try {
      writeWhole(file, header);
      if (this.#isSynced) syncDirectory(dirname(path));
    } catch (error) {
      closeSync(file);
      rmSync(path, { force: true });
      throw error;
    }
    this.#segment = { file, path, openedAtMillis: performance.now(), bytes: header.length, isSealed: false };
    return this.#segment;
  }
}
