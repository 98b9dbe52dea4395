import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { JournalFrameType } from "@tracelake/wire";
import { AcknowledgementLog, readAcknowledged } from "./acknowledgements.ts";
import { filesIn } from "./directory-content.ts";
import type { FrameCipher } from "./frame-cipher.ts";
import { OwnDirectories } from "./own-directories.ts";
import { Quarantine } from "./quarantine.ts";
import { Quota } from "./quota.ts";
import { readFrame, readSegment } from "./read-segment.ts";
import { SegmentWriter, type Segment } from "./segment-writer.ts";
import { SpoolHome, type SpoolDestination } from "./spool-home.ts";
import { fromFrame, toFrame, type FrameKey, type SpoolRecord } from "./spool-record.ts";

/** A record on disk. */
export interface SpooledFrame {
  readonly type: JournalFrameType;
  readonly recordCount: number;
  readonly length: number;
  readonly createdUnixMillis: number;
  /** When it has waited for seven days, by `performance.now()`: a clock that jumps does not make a record old. */
  readonly expiresAtMillis: number;
  /** @internal */
  readonly offset: number;
  /** @internal */
  readonly file: SpoolFile;
}

/**
 * What is found in a record's place: nobody wants what is `"expired"`, `"damaged"` is lost, and `"unreadable"` may be
 * read at another time.
 */
export type SpoolReading = SpoolRecord | "expired" | "damaged" | "unreadable";

/** A segment with what is still wanted of it. */
interface SpoolFile extends Segment {
  unacknowledged: number;
  /** Whether a copy of it is in quarantine, as it is damaged. */
  isCopied: boolean;
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

interface AdoptedFile {
  readonly frames: readonly SpooledFrame[];
  /** Frames, at least, that were damaged. A copy of their file is in quarantine. */
  readonly damagedFrames: number;
  /** Records that are too old to be sent. */
  readonly expired: readonly { readonly type: JournalFrameType; readonly recordCount: number }[];
}

/** A file that is not for this spool is left alone, and so is one that it has not the key of. */
type FileAdoption = AdoptedFile | "foreign" | "locked";

/** What was found in directories whose owners are gone. */
export interface Adoption extends AdoptedFile {
  /** Files that were encrypted with another key. They are left where they were, until they are too old. */
  readonly lockedFiles: number;
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
  readonly #directories: OwnDirectories;
  #directory: string | undefined;
  #isClosed = false;

  constructor(destination: SpoolDestination, options: SpoolOptions) {
    const { root, cipher, isSynced = false, largestBytes = defaultLargestBytes } = options;
    this.#home = new SpoolHome(root, destination);
    this.#directories = new OwnDirectories(this.#home);
    this.#cipher = cipher;
    this.#quota = new Quota(this.#home, largestBytes);
    this.#quarantine = new Quarantine(this.#home, largestBytes * quarantineShare);
    const header = () => ({ location: "", destinationHash: destination.destinationHash });
    this.#writer = new SegmentWriter(() => this.#ownDirectory(), header, { isSynced });
  }

  /**
   * `replaces` is what the record was made of: it waits for no longer than that would have.
   *
   * @throws what the file system throws, and a `SpoolRefusal` where the disk or the quota is full.
   */
  append(record: SpoolRecord, replaces?: SpooledFrame): SpooledFrame {
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
    const expiresAtMillis = replaces?.expiresAtMillis ?? performance.now() + longestAgeMillis;
    return { type, recordCount, length, offset, file, createdUnixMillis: Date.now(), expiresAtMillis };
  }

  /** Whether little is left of its largest size. */
  get isAlmostFull(): boolean {
    return this.#quota.isAlmostFull;
  }

  /** Resolves when what was appended is on the disk itself, where that was asked for. */
  sync(): Promise<void> {
    return this.#writer.sync();
  }

  /** Never rejects. */
  async read(frame: SpooledFrame): Promise<SpoolReading> {
    const { file, length, offset } = frame;
    const { path } = file;
    if (performance.now() > frame.expiresAtMillis) return "expired";
    try {
      const found = await readFrame(path, { offset, length });
      if (found !== undefined) return fromFrame(found, this.#key) ?? "unreadable";
    } catch (error) {
      if (!isGone(error)) return "unreadable";
      // It was sealed while it was opened, which changes its name.
      if (file.path !== path) return this.read(frame);
    }
    if (!file.isCopied) this.#quarantine.keepCopy(path);
    file.isCopied = true;
    return "damaged";
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

  /** Takes over what processes left behind that are gone. Never rejects. */
  async adopt(): Promise<Adoption> {
    void this.#quarantine.forgetOld();
    const found: AdoptedFile[] = [];
    let lockedFiles = 0;
    for (const directory of this.#directories.takeOver()) {
      const files = await this.#adoptFiles(directory.path);
      const adopted = files.filter((file) => typeof file === "object");
      lockedFiles += files.filter((file) => file === "locked").length;
      found.push(...adopted);
      if (files.length > 0 && adopted.length === 0) directory.giveBack();
      this.#directories.removeIfEmpty(directory.path);
      if (this.#isClosed) break;
    }
    if (found.length > 0) this.#quota.forget();
    return {
      frames: found.flatMap(({ frames }) => frames),
      damagedFrames: found.reduce((sum, { damagedFrames }) => sum + damagedFrames, 0),
      expired: found.flatMap(({ expired }) => expired),
      lockedFiles,
    };
  }

  /** Says that this process is alive, to hosts that share the directory and cannot see it. Never throws. */
  beat(): void {
    this.#directories.beat();
  }

  /** Seals what is open, and removes what is not needed any more. Never throws. */
  close(): void {
    this.#isClosed = true;
    try {
      this.#writer.seal();
      this.#removeTaken();
      for (const file of this.#files.values()) file.acknowledgements.close();
    } catch {
      // Whatever stays is adopted by the next process.
    }
    if (this.#directory !== undefined) this.#directories.removeIfEmpty(this.#directory);
    this.#directory = undefined;
  }

  get #key(): FrameKey {
    return { destinationHash: this.#home.destinationHash, cipher: this.#cipher };
  }

  #ownDirectory(): string {
    // Somebody may have removed it, or taken it over, while the process lives.
    if (this.#directory === undefined || !existsSync(this.#directory)) this.#directory = this.#directories.make();
    return this.#directory;
  }

  #fileOf(segment: Segment): SpoolFile {
    const known = this.#files.get(segment);
    if (known !== undefined) return known;
    // The writer goes on changing the segment; the file is the same object with more to it.
    const acknowledgements = new AcknowledgementLog(segment);
    const file = Object.assign(segment, { unacknowledged: 0, isCopied: false, acknowledgements });
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
    if (directory !== this.#directory) this.#directories.removeIfEmpty(directory);
  }

  // Reading a whole spool takes a second: the host has its turn after each file.
  async #adoptFiles(directory: string): Promise<FileAdoption[]> {
    const files: FileAdoption[] = [];
    for (const path of filesIn(directory)) {
      if (this.#isClosed) break;
      files.push(this.#adoptFile(path));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return files;
  }

  #adoptFile(path: string): FileAdoption {
    const read = /\.(open|seg)$/.test(path) ? readSegment(path, this.#home.destinationHash) : "foreign";
    if (read === "foreign") return read;
    const { createdUnixMillis, damagedFrames, firstFrame } = read;
    const leftMillis = createdUnixMillis + longestAgeMillis - Date.now();
    const isExpired = leftMillis < 0;
    const expiresAtMillis = performance.now() + leftMillis;
    const isLocked = firstFrame !== undefined && fromFrame(firstFrame, this.#key) === undefined;
    if (isLocked && !isExpired) return "locked";
    const acknowledged = readAcknowledged(path);
    const file = this.#fileOf({ path, bytes: read.bytes, isSealed: true });
    const wanted = read.frames.filter(({ offset }) => !acknowledged.has(offset));
    const frames = isExpired
      ? []
      : wanted.map((frame): SpooledFrame => ({ ...frame, file, createdUnixMillis, expiresAtMillis }));
    file.unacknowledged = frames.length;
    if (damagedFrames > 0) this.#quarantine.keepCopy(path);
    file.isCopied = damagedFrames > 0;
    if (frames.length === 0) this.#remove(file);
    return { frames, damagedFrames, expired: isExpired ? wanted : [] };
  }
}

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
