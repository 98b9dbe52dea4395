import { open, readdir, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readJournalHeader, readJournalFrames, type JournalContent, type JournalHeader } from "@tracelake/wire";
import { isMissing } from "../layout.ts";
import { isProcessAlive } from "../process-alive.ts";

/** A file of a journal. */
export interface Segment {
  /** The same while the writer renames the file from `.open` to `.seg`. */
  readonly key: string;
  readonly path: string;
  /** The name of the directory that stands for the location. */
  readonly locationName: string;
  readonly sizeBytes: number;
  /** Whether nobody writes to it any more. */
  readonly isSealed: boolean;
}

const segmentName = /^(\d+)\.(open|seg)$/;
const writerName = /^p-(\d+)-/;

/** The end of a segment's name that says it was read as far as possible and kept for its damage. */
export const damagedEnd = ".damaged";

const names = async (directory: string): Promise<string[]> => {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && "code" in error && error.code === "ENOTDIR")) return [];
    throw error;
  }
};

// A writer in another container has a process id that means nothing here, but it never appends to a segment this old.
const idleMillis = 60_000;

const isIdle = ({ mtimeMs }: { readonly mtimeMs: number }): boolean => Date.now() - mtimeMs > idleMillis;

const isWriterGone = (writer: string): boolean => {
  const pid = writerName.exec(writer)?.[1];
  return pid !== undefined && !isProcessAlive(Number(pid));
};

/** Removes the empty directory of a writer that is gone. One that lives where it cannot be seen makes it anew. */
const removeDirectory = async (directory: string): Promise<void> => {
  const found = await stat(directory).catch(() => undefined);
  if (found !== undefined && isIdle(found)) await rmdir(directory).catch(() => undefined);
};

/**
 * What lies in a journal directory, oldest segment of a writer first. Empty directories of ended writers are removed on
 * the way: each process leaves one behind.
 */
export const listSegments = async (journal: string): Promise<{ segments: Segment[]; foreignFiles: number }> => {
  const segments: Segment[] = [];
  let foreignFiles = 0;
  for (const locationName of await names(journal)) {
    for (const writer of await names(join(journal, locationName))) {
      // Asked before the files are listed: a writer that seals its last segment and exits in between is still listed whole.
      const isGone = isWriterGone(writer);
      const directory = join(journal, locationName, writer);
      const files = await names(directory);
      if (files.length === 0 && isGone) await removeDirectory(directory);
      for (const name of files) {
        const [, number, state] = segmentName.exec(name) ?? [];
        if (number === undefined) {
          foreignFiles += name.endsWith(damagedEnd) ? 0 : 1;
          continue;
        }
        const path = join(directory, name);
        const file = await stat(path).catch(() => undefined);
        if (file?.isFile() !== true) continue;
        const key = `${locationName}/${writer}/${number}`;
        segments.push({
          key,
          path,
          locationName,
          sizeBytes: file.size,
          isSealed: state === "seg" || (isGone && isIdle(file)),
        });
      }
    }
  }
  return { segments, foreignFiles };
};

/** What was read from a segment. */
export interface SegmentContent extends JournalContent {
  /** `undefined` where the header cannot be read. */
  readonly header: JournalHeader | undefined;
  readonly sizeBytes: number;
}

const longestHeaderBytes = 64 * 1024 + 12;

const headerOf = (bytes: Buffer): { header: JournalHeader; endOffset: number } | undefined => {
  try {
    return readJournalHeader(bytes);
  } catch {
    return undefined;
  }
};

/** Reads a segment's header and what follows `startOffset`. */
export const readSegment = async (path: string, startOffset: number): Promise<SegmentContent> => {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, longestHeaderBytes));
    await file.read(head, 0, head.length, 0);
    const header = headerOf(head);
    const from = Math.min(Math.max(startOffset, header?.endOffset ?? 0), size);
    const body = Buffer.alloc(size - from);
    await file.read(body, 0, body.length, from);
    const { frames, endOffset, damagedBytes } = readJournalFrames(body, 0);
    return {
      header: header?.header,
      sizeBytes: size,
      frames: frames.map(({ frame, startOffset, endOffset }) => ({
        frame,
        startOffset: startOffset + from,
        endOffset: endOffset + from,
      })),
      endOffset: endOffset + from,
      damagedBytes,
    };
  } finally {
    await file.close();
  }
};
