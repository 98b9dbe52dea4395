import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Segment } from "./segment-writer.ts";

const entryBytes = 8;
const appending = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

/** `000001.open` and `000001.seg` have one file of acknowledgements. */
const pathOf = (segmentPath: string): string =>
  join(dirname(segmentPath), basename(segmentPath).replace(/\.(open|seg)$/, ".ack"));

const checksum = (entry: Buffer): number => process.getBuiltinModule("node:zlib").crc32(entry.subarray(0, 4));

/** Opens the file without a last entry that a crash cut short: every later one would be read from the wrong place. */
const openWhole = (path: string): number => {
  const file = openSync(path, appending, 0o600);
  const { size } = fstatSync(file);
  if (size % entryBytes !== 0) ftruncateSync(file, size - (size % entryBytes));
  return file;
};

/**
 * Which frames of a segment were taken, in a file beside it: the segment itself is never changed. What is lost of it is
 * sent twice.
 */
export class AcknowledgementLog {
  readonly #segment: Segment;
  #file: number | undefined;

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** Never throws. */
  add(offset: number): void {
    const entry = Buffer.alloc(entryBytes);
    entry.writeUInt32LE(offset, 0);
    entry.writeUInt32LE(checksum(entry), 4);
    try {
      this.#file ??= openWhole(pathOf(this.#segment.path));
      writeSync(this.#file, entry);
    } catch {
      // A disk that cannot keep it means that the frame is sent again after a crash.
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  remove(): void {
    this.close();
    rmSync(pathOf(this.#segment.path), { force: true });
  }
}

/** The offsets of the frames of a segment that were taken. Never throws. */
export const readAcknowledged = (segmentPath: string): ReadonlySet<number> => {
  const offsets = new Set<number>();
  try {
    const bytes = readFileSync(pathOf(segmentPath));
    for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
      const entry = bytes.subarray(at, at + entryBytes);
      if (entry.readUInt32LE(4) === checksum(entry)) offsets.add(entry.readUInt32LE(0));
    }
  } catch {
    // Nothing was acknowledged yet.
  }
  return offsets;
};
