import { ErrorCode, TracelakeError } from "./errors.ts";

/**
 * The form of a journal segment file, shared by whoever writes one and whoever drains it.
 *
 * A segment is a header followed by frames. Every frame carries a checksum of its body and of its own head, so that a
 * torn tail or a flipped bit is recognised and the frames around it are still read.
 *
 * ```text
 * header  magic "TLJ1" | length of JSON u32 | CRC-32 of JSON u32 | JSON
 * frame   magic "TLFR" | type u8 | flags u8 | records u16 | length of body u32 | CRC-32 of the 8 bytes before and the body u32 | body
 * ```
 *
 * Numbers are little-endian.
 */
const headerMagic = 0x314a4c54;
const frameMagic = 0x52464c54;
const headerHeadBytes = 12;
const frameHeadBytes = 16;
const longestHeaderJson = 64 * 1024;

// Node's zlib takes longer to load than all of this package: a program that writes no journal does without.
const crc32 = (bytes: Uint8Array, seed = 0): number => process.getBuiltinModule("node:zlib").crc32(bytes, seed);

/**
 * What a frame's body is. `SPANS`, `LOGS` and `METRICS` are OTLP requests in protobuf; `TRACE_INFO` is a trace info in
 * JSON.
 */
export const JournalFrameType = { SPANS: 1, TRACE_INFO: 2, LOGS: 3, METRICS: 4 } as const;
export type JournalFrameType = (typeof JournalFrameType)[keyof typeof JournalFrameType];

const frameTypes: ReadonlySet<number> = new Set(Object.values(JournalFrameType));

/** How a frame's body was changed, as bits; compressed first, then encrypted. */
export const JournalFrameFlag = { GZIP: 1, AES_256_GCM: 2 } as const;

/** The largest frame body that a reader accepts: a longer length is damage. */
export const largestFrameBytes = 256 * 1024 * 1024;

/** What a segment says of all its frames. A reader that does not know the `version` leaves the file alone. */
export interface JournalHeader {
  readonly version: 1;
  /** `catalog.schema` or `catalog.schema.prefix`. */
  readonly location: string;
  readonly createdUnixMillis: number;
  /** Says for which destination the frames are, where that is more than a location. */
  readonly destinationHash?: string;
  /** Why the frames were set aside. */
  readonly reason?: string;
}

/** A request or a trace info in a segment, and what a reader has to know before it opens the body. */
export interface JournalFrame {
  readonly type: JournalFrameType;
  /** How many records the body holds; at most 65,535. */
  readonly recordCount: number;
  /** A sum of {@link JournalFrameFlag}; absent is 0. */
  readonly flags?: number;
  readonly body: Uint8Array;
}

/** What a segment held. Damaged bytes are counted, never guessed at. */
export interface JournalContent {
  readonly frames: readonly {
    readonly frame: JournalFrame;
    readonly startOffset: number;
    readonly endOffset: number;
  }[];
  /** Where the next frame of a segment that is still being written will start. */
  readonly endOffset: number;
  readonly damagedBytes: number;
}

/** What a frame takes beside its body. */
export const journalFrameOverheadBytes = frameHeadBytes;

/** The first bytes of a segment. */
export const encodeJournalHeader = (header: JournalHeader): Buffer => {
  const json = Buffer.from(JSON.stringify(header), "utf8");
  const head = Buffer.alloc(headerHeadBytes);
  head.writeUInt32LE(headerMagic, 0);
  head.writeUInt32LE(json.length, 4);
  head.writeUInt32LE(crc32(json), 8);
  return Buffer.concat([head, json]);
};

/** The head of a frame, which stands before its body. */
export const encodeJournalFrameHead = (frame: JournalFrame): Buffer => {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt32LE(frameMagic, 0);
  head.writeUInt8(frame.type, 4);
  head.writeUInt8(frame.flags ?? 0, 5);
  head.writeUInt16LE(Math.min(frame.recordCount, 0xffff), 6);
  head.writeUInt32LE(frame.body.length, 8);
  head.writeUInt32LE(frameChecksum(head, frame.body), 12);
  return head;
};

const frameChecksum = (head: Buffer, body: Uint8Array): number => crc32(body, crc32(head.subarray(4, 12)));

/**
 * Reads the header of a segment.
 *
 * @returns the header and where the frames start, or `undefined` while the file is shorter than its header.
 * @throws {TracelakeError} `JOURNAL_INVALID` where the file is not a journal segment.
 */
export const readJournalHeader = (bytes: Buffer): { header: JournalHeader; endOffset: number } | undefined => {
  if (bytes.length < headerHeadBytes) return undefined;
  const jsonLength = bytes.readUInt32LE(4);
  if (bytes.readUInt32LE(0) !== headerMagic || jsonLength > longestHeaderJson) throw notAJournal("no journal header");
  const endOffset = headerHeadBytes + jsonLength;
  if (bytes.length < endOffset) return undefined;
  const json = bytes.subarray(headerHeadBytes, endOffset);
  if (crc32(json) !== bytes.readUInt32LE(8)) throw notAJournal("a damaged journal header");
  const header: unknown = JSON.parse(json.toString("utf8"));
  if (!isJournalHeader(header)) throw notAJournal("a journal header of another version");
  return { header, endOffset };
};

/** Whether a file is whole but not a segment of this version: not to be touched, whatever stands in it. */
export const isForeignJournal = (bytes: Buffer): boolean => {
  if (bytes.length < headerHeadBytes || bytes.readUInt32LE(0) !== headerMagic) return false;
  const json = bytes.subarray(headerHeadBytes, headerHeadBytes + bytes.readUInt32LE(4));
  return crc32(json) === bytes.readUInt32LE(8) && !isJournalHeader(parseOrUndefined(json));
};

const parseOrUndefined = (json: Buffer): unknown => {
  try {
    return JSON.parse(json.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
};

const isJournalHeader = (value: unknown): value is JournalHeader =>
  typeof value === "object" &&
  value !== null &&
  "version" in value &&
  value.version === 1 &&
  "location" in value &&
  typeof value.location === "string";

const notAJournal = (seen: string): TracelakeError =>
  new TracelakeError(ErrorCode.JOURNAL_INVALID, {
    failed: "The file is not a journal segment",
    seen,
    remedy: "Move it out of the journal directory.",
  });

/**
 * Reads the frames from `startOffset` on, which is where the header or an earlier reading ended.
 *
 * An incomplete last frame is left for the next reading. A damaged one is skipped: the search goes on at the next frame
 * whose checksum is right.
 */
export const readJournalFrames = (bytes: Buffer, startOffset: number): JournalContent => {
  const frames: JournalContent["frames"][number][] = [];
  let offset = startOffset;
  let endOffset = startOffset;
  let damagedBytes = 0;
  while (offset + frameHeadBytes <= bytes.length) {
    const frame = frameAt(bytes, offset);
    if (frame === "incomplete" && !holdsFrameAfter(bytes, offset)) break;
    if (typeof frame === "object") {
      const frameStart = offset;
      offset += frameHeadBytes + frame.body.length;
      endOffset = offset;
      frames.push({ frame, startOffset: frameStart, endOffset });
      continue;
    }
    const next = nextFrameStart(bytes, offset + 1);
    if (next === undefined) break;
    damagedBytes += next - offset;
    offset = next;
    endOffset = next;
  }
  return { frames, endOffset, damagedBytes };
};

const frameAt = (bytes: Buffer, offset: number): JournalFrame | "incomplete" | "damaged" => {
  if (bytes.readUInt32LE(offset) !== frameMagic) return "damaged";
  const type = bytes.readUInt8(offset + 4) as JournalFrameType;
  const length = bytes.readUInt32LE(offset + 8);
  if (length > largestFrameBytes || !frameTypes.has(type)) return "damaged";
  const end = offset + frameHeadBytes + length;
  if (end > bytes.length) return "incomplete";
  const body = bytes.subarray(offset + frameHeadBytes, end);
  if (frameChecksum(bytes.subarray(offset, offset + frameHeadBytes), body) !== bytes.readUInt32LE(offset + 12))
    return "damaged";
  const flags = bytes.readUInt8(offset + 5);
  return { type, recordCount: bytes.readUInt16LE(offset + 6), body, ...(flags === 0 ? {} : { flags }) };
};

const frameMagicBytes = Buffer.from("TLFR", "latin1");

// A flipped bit in a length can make a whole frame look unfinished: it is, only if no whole frame follows.
const holdsFrameAfter = (bytes: Buffer, offset: number): boolean => nextFrameStart(bytes, offset + 1) !== undefined;

const nextFrameStart = (bytes: Buffer, from: number): number | undefined => {
  for (
    let at = bytes.indexOf(frameMagicBytes, from);
    at >= 0 && at + frameHeadBytes <= bytes.length;
    at = bytes.indexOf(frameMagicBytes, at + 1)
  ) {
    if (typeof frameAt(bytes, at) === "object") return at;
  }
  return undefined;
};
