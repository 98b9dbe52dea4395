import { renameSync, rmSync, utimesSync } from "node:fs";
import { dirname } from "node:path";
import { readJournalFrames, type JournalFrameType } from "@tracelake/wire";
import { AcknowledgementLog, readAcknowledged } from "./acknowledgements.ts";
import { filesIn, removeIfEmpty } from "./directory-content.ts";
import type { FrameCipher } from "./frame-cipher.ts";
import { isOrphaned, newOwnedName } from "./owner.ts";
import { Quarantine } from "./quarantine.ts";
import { Quota } from "./quota.ts";
import { readSegment } from "./read-segment.ts";
import { SegmentWriter, type Segment } from "./segment-writer.ts";
import { SpoolHome, type SpoolDestination } from "./spool-home.ts";
import { fromFrame, toFrame, type FrameKey, type SpoolRecord } from "./spool-record.ts";

/** A record on disk. */
export interface SpooledFrame {
  readonly type: JournalFrameType;
  readonly recordCount: number;
  readonly length: number;
  readonly createdUnixMillis: number;
  /** @internal */
  readonly offset: number;
  /** @internal */
  readonly file: SpoolFile;
}

/** A segment with what is still wanted of it. */
interface SpoolFile extends Segment {
  unacknowledged: number;
  readonly acknowledgements: AcknowledgementLog;
}

export interface SpoolOptions {
  /** The directory of all spools of this user. */
  readonly root: string;
  readonly cipher?: FrameCipher | undefined;
  /** Whether {@link Spool.sync} waits for the disk itself. */
  readonly isSynced?: boolean;
  /** Default 512 MiB. */
  readonly largestBytes?: number;
}

/** What was found in directories whose owners are gone. */
export interface Adoption {
  readonly frames: readonly SpooledFrame[];
  /** Frames, at least, that were damaged. A copy of their file is in quarantine. */
  readonly damagedFrames: number;
  /** Records that are too old to be sent. */
  readonly expired: readonly { readonly type: JournalFrameType; readonly recordCount: number }[];
}

const defaultLargestBytes = 512 * 1024 * 1024;
const longestAgeMillis = 7 * 24 * 60 * 60_000;
const quarantineShare = 1 / 8;

/**
 * Requests on disk that wait for their destination: one directory for each process, framed and checksummed segments in
 * it, deleted when everything in them was taken. There is no index whose loss would lose more than itself.
 */
export class Spool {
  readonly #home: SpoolHome;
  readonly #cipher: FrameCipher | undefined;
  readonly #writer: SegmentWriter;
  readonly #quota: Quota;
  readonly #quarantine: Quarantine;
  readonly #files = new Map<Segment, SpoolFile>();
  readonly #ownNames = new Set<string>();
  #directory: string | undefined;

  constructor(destination: SpoolDestination, options: SpoolOptions) {
    const { root, cipher, isSynced = false, largestBytes = defaultLargestBytes } = options;
    this.#home = new SpoolHome(root, destination);
    this.#cipher = cipher;
    this.#quota = new Quota(this.#home, largestBytes);
    this.#quarantine = new Quarantine(this.#home, largestBytes * quarantineShare);
    const header = () => ({ location: "", destinationHash: destination.destinationHash });
    this.#writer = new SegmentWriter(() => this.#ownDirectory(), header, { isSynced });
  }

  /** @throws what the file system throws, and a `SpoolRefusal` where the disk or the quota is full. */
  append(record: SpoolRecord): SpooledFrame {
    this.#ownDirectory();
    this.#quota.assertRoom(record.body.length);
    const { segment, offset, length } = this.#writer.append(toFrame(record, this.#key));
    const isNew = !this.#files.has(segment);
    this.#quota.added(isNew ? segment.bytes : length);
    // The one before it may have been sealed when all that is in it was taken already.
    if (isNew) this.#removeTaken();
    const file = this.#fileOf(segment);
    file.unacknowledged++;
    const { type, recordCount } = record;
    return { type, recordCount, length, offset, file, createdUnixMillis: Date.now() };
  }

  /** Whether little is left of its largest size. */
  get isAlmostFull(): boolean {
    return this.#quota.isAlmostFull;
  }

  /** Resolves when what was appended is on the disk itself, where that was asked for. */
  sync(): Promise<void> {
    return this.#writer.sync();
  }

  /** The record, or `undefined` where it is damaged or gone. Never rejects. */
  async read(frame: SpooledFrame): Promise<SpoolRecord | undefined> {
    try {
      const file = await process.getBuiltinModule("node:fs/promises").open(frame.file.path, "r");
      try {
        const bytes = Buffer.allocUnsafe(frame.length);
        await file.read(bytes, 0, frame.length, frame.offset);
        const [found] = readJournalFrames(bytes, 0).frames;
        return found === undefined ? undefined : fromFrame(found.frame, this.#key);
      } finally {
        await file.close();
      }
    } catch {
      return undefined;
    }
  }

  /** The record is not wanted any more. Its file goes with its last record. Never throws. */
  acknowledge({ file, offset }: SpooledFrame): void {
    file.unacknowledged--;
    if (file.unacknowledged > 0 || !file.isSealed) file.acknowledgements.add(offset);
    else this.#remove(file);
  }

  /** Sets a record aside, for people to look at. @throws what the file system throws, and where there is no room. */
  quarantine(record: SpoolRecord, reason: string): void {
    this.#quarantine.keep(toFrame(record, this.#key), reason);
  }

  /** Takes over what processes left behind that are gone. Never throws. */
  adopt(): Adoption {
    void this.#quarantine.forgetOld();
    const found = this.#orphans().flatMap((directory) => [...this.#readDirectory(directory)]);
    return {
      frames: found.flatMap(({ frames }) => frames),
      damagedFrames: found.reduce((sum, { damagedFrames }) => sum + damagedFrames, 0),
      expired: found.flatMap(({ expired }) => expired),
    };
  }

  /** Says that this process is alive, to hosts that share the directory and cannot see it. */
  beat(): void {
    if (this.#directory === undefined) return;
    try {
      const now = new Date();
      utimesSync(this.#directory, now, now);
    } catch {
      // Without it others may adopt the directory: what is in it is then delivered by them.
    }
  }

  /** Seals what is open, and removes what is not needed any more. Never throws. */
  close(): void {
    try {
      this.#writer.seal();
      this.#removeTaken();
      for (const file of this.#files.values()) file.acknowledgements.close();
    } catch {
      // Whatever stays is adopted by the next process.
    }
    if (this.#directory !== undefined) removeIfEmpty(this.#directory);
    this.#directory = undefined;
  }

  get #key(): FrameKey {
    return { destinationHash: this.#home.destinationHash, cipher: this.#cipher };
  }

  #ownDirectory(): string {
    if (this.#directory !== undefined) return this.#directory;
    const name = newOwnedName();
    this.#directory = this.#home.make(name);
    this.#ownNames.add(name);
    return this.#directory;
  }

  #fileOf(segment: Segment): SpoolFile {
    const known = this.#files.get(segment);
    if (known !== undefined) return known;
    // The writer goes on changing the segment; the file is the same object with more to it.
    const file = Object.assign(segment, { unacknowledged: 0, acknowledgements: new AcknowledgementLog(segment) });
    this.#files.set(segment, file);
    return file;
  }

  #removeTaken(): void {
    for (const file of this.#files.values()) if (file.isSealed && file.unacknowledged <= 0) this.#remove(file);
  }

  /** Never throws: what cannot be removed is tried again with the next file, and at the end is the next process's. */
  #remove(file: SpoolFile): void {
    try {
      file.acknowledgements.remove();
      rmSync(file.path, { force: true });
    } catch {
      return;
    }
    this.#files.delete(file);
    this.#quota.removed(file.bytes);
    const directory = dirname(file.path);
    if (directory !== this.#directory) removeIfEmpty(directory);
  }

  // Renaming is what takes a directory over: of several that try, one succeeds.
  #orphans(): string[] {
    const adopted: string[] = [];
    try {
      const names = this.#home.names();
      if (names.length === 0) return [];
      this.#home.make();
      for (const name of names) {
        if (this.#ownNames.has(name) || !isOrphaned(this.#home.pathOf(name), name)) continue;
        const ownName = newOwnedName();
        try {
          renameSync(this.#home.pathOf(name), this.#home.pathOf(ownName));
        } catch {
          continue;
        }
        this.#ownNames.add(ownName);
        adopted.push(this.#home.pathOf(ownName));
      }
    } catch {
      // No directory that could be used is no directory to adopt from.
    }
    return adopted;
  }

  *#readDirectory(directory: string): Generator<Adoption> {
    for (const path of filesIn(directory)) {
      const read = /\.(open|seg)$/.test(path) ? readSegment(path, this.#home.destinationHash) : "foreign";
      if (read === "foreign") continue;
      const { createdUnixMillis } = read;
      const acknowledged = readAcknowledged(path);
      const file = this.#fileOf({ path, bytes: read.bytes, isSealed: true });
      const wanted = read.frames.filter(({ offset }) => !acknowledged.has(offset));
      const isExpired = Date.now() - createdUnixMillis > longestAgeMillis;
      const frames = isExpired ? [] : wanted.map((frame): SpooledFrame => ({ ...frame, file, createdUnixMillis }));
      file.unacknowledged = frames.length;
      if (read.damagedFrames > 0) this.#quarantine.keepCopy(path);
      if (frames.length === 0) this.#remove(file);
      yield { frames, damagedFrames: read.damagedFrames, expired: isExpired ? wanted : [] };
    }
    removeIfEmpty(directory);
  }
}
