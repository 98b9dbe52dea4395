import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import {
  isForeignJournal,
  journalFrameOverheadBytes,
  largestFrameBytes,
  readJournalFrames,
  readJournalHeader,
  type JournalFrame,
  type JournalFrameType,
} from "@tracelake/wire";

/** One frame's place in its segment. */
export interface FoundFrame {
  readonly type: JournalFrameType;
  readonly recordCount: number;
  readonly offset: number;
  readonly length: number;
}

export interface SegmentReading {
  readonly frames: readonly FoundFrame[];
  /** As it stands there: whoever wrote the others wrote them with the same key. */
  readonly firstFrame: JournalFrame | undefined;
  readonly bytes: number;
  readonly createdUnixMillis: number;
  /** Stretches that no frame could be read from, each of one frame at least. A torn tail is one. */
  readonly damagedFrames: number;
}

const reading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const readBounded = (path: string): { readonly bytes: Buffer; readonly modifiedUnixMillis: number } | undefined => {
  const file = openSync(path, reading);
  try {
    const stats = fstatSync(file);
    const isOurs =
      stats.isFile() && (process.getuid === undefined || stats.uid === process.getuid()) && stats.nlink === 1;
    if (!isOurs || stats.size > 2 * largestFrameBytes) return undefined;
    return { bytes: readFileSync(file), modifiedUnixMillis: stats.mtimeMs };
  } finally {
    closeSync(file);
  }
};

const headerOf = (bytes: Buffer): ReturnType<typeof readJournalHeader> => {
  try {
    return readJournalHeader(bytes);
  } catch {
    // The frames behind a damaged header are whole; whose they are, their directory says.
    return undefined;
  }
};

const largestClockErrorMillis = 30 * 24 * 60 * 60_000;

// A clock that was set right since must not make a record look ancient, or from the future.
const plausibleAge = (createdUnixMillis: number): number => {
  const age = Date.now() - createdUnixMillis;
  return age < 0 || age > largestClockErrorMillis ? Date.now() : createdUnixMillis;
};

/**
 * What a segment of another process holds.
 *
 * @returns `"foreign"` where the file is not a segment of this destination and version, or cannot be read: it is left
 * alone. Never throws.
 */
export const readSegment = (path: string, destinationHash: string): SegmentReading | "foreign" => {
  try {
    const read = readBounded(path);
    if (read === undefined || isForeignJournal(read.bytes)) return "foreign";
    const { bytes } = read;
    const header = headerOf(bytes);
    if (header !== undefined && header.header.destinationHash !== destinationHash) return "foreign";
    const { frames } = readJournalFrames(bytes, header?.endOffset ?? 0);
    let end = header?.endOffset ?? frames[0]?.startOffset ?? bytes.length;
    let damagedFrames = 0;
    const found = frames.map(({ frame, startOffset, endOffset }): FoundFrame => {
      if (startOffset > end) damagedFrames++;
      end = endOffset;
      const { type, recordCount, body } = frame;
      return { type, recordCount, offset: startOffset, length: body.length + journalFrameOverheadBytes };
    });
    if (end < bytes.length) damagedFrames++;
    const createdUnixMillis = plausibleAge(header?.header.createdUnixMillis ?? read.modifiedUnixMillis);
    const firstFrame = frames[0]?.frame;
    return { frames: found, firstFrame, bytes: bytes.length, createdUnixMillis, damagedFrames };
  } catch {
    return "foreign";
  }
};

/** What stands in one place of a segment; `undefined` where that is no whole frame. @throws what the file system throws */
export const readFrame = async (
  path: string,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<JournalFrame | undefined> => {
  const file = await process.getBuiltinModule("node:fs/promises").open(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(bytes, 0, length, offset);
    const [found] = readJournalFrames(bytes.subarray(0, bytesRead), 0).frames;
    return found?.startOffset === 0 ? found.frame : undefined;
  } finally {
    await file.close();
  }
};
