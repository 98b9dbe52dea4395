import { copyFileSync, existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { JournalFrameFlag, readJournalFrames, type JournalFrame, type JournalFrameType } from "@tracelake/wire";
import { AcknowledgementLog, readAcknowledged } from "./acknowledgements.ts";
import type { FrameCipher } from "./frame-cipher.ts";
import { isOrphaned, newOwnedName } from "./owner.ts";
import { isDiskAlmostFull, makePrivateDirectory } from "./private-directory.ts";
import { readSegment } from "./read-segment.ts";
import { SegmentWriter, type Segment } from "./segment-writer.ts";

/** What a spool keeps: bytes to be sent as they are. */
export interface SpoolRecord {
  readonly type: JournalFrameType;
  readonly recordCount: number;
  readonly body: Uint8Array;
  readonly isCompressed: boolean;
}

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

/** Names a destination: what is spooled for one is never sent to another. */
export interface SpoolDestination {
  readonly destinationHash: string;
}

/** What was found in directories whose owners are gone. */
export interface Adoption {
  readonly frames: readonly SpooledFrame[];
  /** Frames, at least, that were damaged. A copy of their file is in quarantine. */
  readonly damagedFrames: number;
  /** Records that are too old to be sent. */
  readonly expired: readonly { readonly type: JournalFrameType; readonly recordCount: number }[];
}

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

const layoutVersion = "v1";
const quarantineName = "quarantine";
const defaultLargestBytes = 512 * 1024 * 1024;
const longestAgeMillis = 7 * 24 * 60 * 60_000;
// Three segments' worth, so that one can be written again while others come.
const mostRoomBytes = 12 * 1024 * 1024;
const measuredEveryBytes = 16 * 1024 * 1024;

/**
 * Requests on disk that wait for their destination: one directory for each process, framed and checksummed segments in
 * it, deleted when everything in them was taken. There is no index whose loss would lose more than itself.
 */
export class Spool {
  readonly #destination: SpoolDestination;
  readonly #options: SpoolOptions;
  readonly #writer: SegmentWriter;
  readonly #files = new Map<Segment, SpoolFile>();
  readonly #ownNames = new Set<string>();
  #measuredBytes = 0;
  #bytesSinceMeasured = Number.POSITIVE_INFINITY;
  #directory: string | undefined;

  constructor(destination: SpoolDestination, options: SpoolOptions) {
    this.#destination = destination;
    this.#options = options;
    const header = () => ({ location: "", destinationHash: destination.destinationHash });
    this.#writer = new SegmentWriter(() => this.#ownDirectory(), header, { isSynced: options.isSynced ?? false });
  }

  /** @throws what the file system throws, and {@link SpoolRefusal} where the disk or the quota is full. */
  append(record: SpoolRecord): SpooledFrame {
    this.#ownDirectory();
    this.#assertRoom(record.body.length);
    const { segment, offset, length } = this.#writer.append(this.#toFrame(record));
    this.#bytesSinceMeasured += length;
    // The one before it may have been sealed when all that is in it was taken already.
    if (!this.#files.has(segment)) this.#removeTaken();
    const file = this.#fileOf(segment);
    file.unacknowledged++;
    const { type, recordCount } = record;
    return { type, recordCount, length, offset, file, createdUnixMillis: Date.now() };
  }

  /** Whether little is left of its largest size. */
  get isAlmostFull(): boolean {
    const { largestBytes = defaultLargestBytes } = this.#options;
    const roomBytes = Math.min(mostRoomBytes, largestBytes / 10);
    const isFullWith = (bytes: number): boolean => bytes > largestBytes - roomBytes;
    if (!Number.isFinite(this.#bytesSinceMeasured) || !isFullWith(this.#measuredBytes + this.#bytesSinceMeasured))
      return false;
    // Deleted files make room that is only seen by measuring again.
    this.#measure();
    return isFullWith(this.#measuredBytes);
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
        return found === undefined ? undefined : this.#fromFrame(found.frame);
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

  /** Sets a record aside, for people to look at. @throws what the file system throws */
  quarantine(record: SpoolRecord, reason: string): void {
    const { root } = this.#options;
    const { destinationHash } = this.#destination;
    const directory = makePrivateDirectory(root, [layoutVersion, destinationHash, quarantineName, newOwnedName()]);
    const header = { location: "", destinationHash, reason: reason.slice(0, 1_000) };
    const writer = new SegmentWriter(
      () => directory,
      () => header,
    );
    writer.append(this.#toFrame(record));
    writer.seal();
  }

  /** Takes over what processes left behind that are gone. Never throws. */
  adopt(): Adoption {
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

  #toFrame({ type, recordCount, body, isCompressed }: SpoolRecord): JournalFrame {
    const { cipher } = this.#options;
    const { destinationHash } = this.#destination;
    const compression = isCompressed ? JournalFrameFlag.GZIP : 0;
    if (cipher === undefined) return { type, recordCount, body, flags: compression };
    const flags = compression + JournalFrameFlag.AES_256_GCM;
    return { type, recordCount, body: cipher.encrypt(body, `${destinationHash}:${type}:${flags}`), flags };
  }

  #fromFrame({ type, recordCount, body, flags = 0 }: JournalFrame): SpoolRecord | undefined {
    const { cipher } = this.#options;
    const { destinationHash } = this.#destination;
    const isEncrypted = (flags & JournalFrameFlag.AES_256_GCM) !== 0;
    if (isEncrypted && cipher === undefined) return undefined;
    const plain =
      isEncrypted && cipher !== undefined ? cipher.decrypt(body, `${destinationHash}:${type}:${flags}`) : body;
    return { type, recordCount, body: plain, isCompressed: (flags & JournalFrameFlag.GZIP) !== 0 };
  }

  #ownDirectory(): string {
    if (this.#directory !== undefined) return this.#directory;
    const name = newOwnedName();
    this.#directory = makePrivateDirectory(this.#options.root, [
      layoutVersion,
      this.#destination.destinationHash,
      name,
    ]);
    this.#ownNames.add(name);
    return this.#directory;
  }

  #assertRoom(bytes: number): void {
    const { largestBytes = defaultLargestBytes } = this.#options;
    if (this.#bytesSinceMeasured >= measuredEveryBytes) {
      this.#measure();
      if (isDiskAlmostFull(this.#options.root)) throw new SpoolRefusal("the disk is almost full", { isQuota: false });
    }
    if (this.#measuredBytes + this.#bytesSinceMeasured + bytes > largestBytes) {
      // Deleted files make room that is only seen by measuring again.
      this.#bytesSinceMeasured = Number.POSITIVE_INFINITY;
      throw new SpoolRefusal(`the spool holds its largest size, ${largestBytes} bytes`, { isQuota: true });
    }
  }

  #measure(): void {
    this.#measuredBytes = bytesIn(join(this.#options.root, layoutVersion, this.#destination.destinationHash));
    this.#bytesSinceMeasured = 0;
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
    const directory = dirname(file.path);
    if (directory !== this.#directory) removeIfEmpty(directory);
  }

  // Renaming is what takes a directory over: of several that try, one succeeds.
  #orphans(): string[] {
    const adopted: string[] = [];
    try {
      const { root } = this.#options;
      const { destinationHash } = this.#destination;
      if (!existsSync(join(root, layoutVersion, destinationHash))) return [];
      this.#forgetOldQuarantine();
      const parent = makePrivateDirectory(root, [layoutVersion, destinationHash]);
      for (const name of readdirSync(parent)) {
        if (this.#ownNames.has(name) || !isOrphaned(join(parent, name), name)) continue;
        const ownName = newOwnedName();
        try {
          renameSync(join(parent, name), join(parent, ownName));
        } catch {
          continue;
        }
        this.#ownNames.add(ownName);
        adopted.push(join(parent, ownName));
      }
    } catch {
      // No directory that could be used is no directory to adopt from.
    }
    return adopted;
  }

  *#readDirectory(directory: string): Generator<Adoption> {
    for (const path of filesIn(directory)) {
      const read = /\.(open|seg)$/.test(path) ? readSegment(path, this.#destination.destinationHash) : "foreign";
      if (read === "foreign") continue;
      const { createdUnixMillis } = read;
      const acknowledged = readAcknowledged(path);
      const file = this.#fileOf({ path, bytes: read.bytes, isSealed: true });
      const wanted = read.frames.filter(({ offset }) => !acknowledged.has(offset));
      const isExpired = Date.now() - createdUnixMillis > longestAgeMillis;
      const frames = isExpired ? [] : wanted.map((frame): SpooledFrame => ({ ...frame, file, createdUnixMillis }));
      file.unacknowledged = frames.length;
      if (read.damagedFrames > 0) this.#keepDamaged(path);
      if (frames.length === 0) this.#remove(file);
      yield { frames, damagedFrames: read.damagedFrames, expired: isExpired ? wanted : [] };
    }
    removeIfEmpty(directory);
  }

  #keepDamaged(path: string): void {
    try {
      const { root } = this.#options;
      const { destinationHash } = this.#destination;
      const directory = makePrivateDirectory(root, [layoutVersion, destinationHash, quarantineName, newOwnedName()]);
      copyFileSync(path, join(directory, `${basename(path)}.damaged`));
    } catch {
      // It is only for people to look at.
    }
  }

  #forgetOldQuarantine(): void {
    const directory = join(this.#options.root, layoutVersion, this.#destination.destinationHash, quarantineName);
    for (const path of filesIn(directory)) {
      try {
        if (Date.now() - statSync(path).mtimeMs > longestAgeMillis) rmSync(path, { force: true });
      } catch {
        // Somebody else was faster.
      }
      removeIfEmpty(dirname(path));
    }
  }
}

/** Every file below a directory; none where it cannot be read. */
const filesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
    );
  } catch {
    return [];
  }
};

const bytesIn = (directory: string): number =>
  filesIn(directory).reduce((sum, path) => {
    try {
      return sum + statSync(path).size;
    } catch {
      return sum;
    }
  }, 0);

const removeIfEmpty = (directory: string): void => {
  try {
    rmdirSync(directory);
  } catch {
    // Something is in it.
  }
};
