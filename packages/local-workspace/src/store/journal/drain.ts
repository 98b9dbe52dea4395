import { rename, unlink } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { parseLocation, type UnityCatalogLocation } from "@tracelake/wire";
import type { Engine } from "../engine.ts";
import { writeLogs, writeMetrics, writeSpans, type Ingest } from "../ingest.ts";
import { isMissing } from "../layout.ts";
import { messageOf } from "../../message-of.ts";
import { quoteName } from "../../quote-sql.ts";
import { attachedName, internalSchema } from "../schema/names.ts";
import { Turns } from "../turns.ts";
import { writeTraceInfos } from "../traces/trace-info.ts";
import { decodeFrames, emptyBatch, groupFrames, type FrameBatch } from "./frames.ts";
import { damagedEnd, listSegments, readSegment, type Segment, type SegmentContent } from "./segments.ts";

/** What one pass over the journals did. */
export interface DrainReport {
  /** Spans that are new in their tables. */
  readonly spans: number;
  /** Spans that their tables had already. */
  readonly duplicateSpans: number;
  readonly traceInfos: number;
  readonly logRecords: number;
  readonly metricPoints: number;
  /** Spans without ids, and frames that hold something else than they say. */
  readonly rejected: number;
  /** Bytes of segments that no frame could be read from. Such a segment is kept, under a name that ends in `.damaged`. */
  readonly damagedBytes: number;
  /** Files in the journal directory that are no segments: they are left alone. */
  readonly foreignFiles: number;
  /** Segments that were read to their end and removed. */
  readonly removedSegments: number;
  /** What went wrong with single segments; the next pass tries them again. */
  readonly problems: readonly string[];
}

type Counts = { -readonly [Key in keyof Omit<DrainReport, "problems">]: number };

const noCounts = (): Counts => ({
  spans: 0,
  duplicateSpans: 0,
  traceInfos: 0,
  logRecords: 0,
  metricPoints: 0,
  rejected: 0,
  damagedBytes: 0,
  foreignFiles: 0,
  removedSegments: 0,
});

const offsetsTable = (catalog: string): string =>
  `${quoteName(attachedName(catalog))}.${internalSchema}.journal_offsets`;

const isAboutData = (error: unknown): boolean =>
  /^(?:Conversion|Invalid Input|Out of Range|Constraint) Error/.test(messageOf(error)) || error instanceof TypeError;

const locationOf = (segment: Segment, content: SegmentContent): UnityCatalogLocation | undefined => {
  try {
    // A damaged header loses nothing: the directory bears the same name.
    return parseLocation(content.header?.location ?? segment.locationName);
  } catch {
    return undefined;
  }
};

/**
 * Moves what agents wrote to their journals into the tables. Rows and the place up to which a segment was read are
 * committed together, so that a crash at any point adds nothing twice and loses nothing.
 */
export class JournalDrain {
  readonly #engine: Engine;
  readonly #ingest: Ingest;
  readonly #removeFile: (path: string) => Promise<void>;
  readonly #passes = new Turns();
  readonly #offsets = new Map<string, number>();
  readonly #damaged = new Set<string>();

  constructor(engine: Engine, ingest: Ingest, options: { readonly removeFile?: (path: string) => Promise<void> } = {}) {
    this.#engine = engine;
    this.#ingest = ingest;
    this.#removeFile = options.removeFile ?? unlink;
  }

  /** One pass over every segment, after those that are under way: two at once would store the same rows twice. */
  run(): Promise<DrainReport> {
    return this.#passes.take(() => this.#pass());
  }

  async #pass(): Promise<DrainReport> {
    this.#engine.assertWritable();
    const counts = noCounts();
    const problems: string[] = [];
    const { segments, foreignFiles } = await listSegments(this.#engine.layout.journal);
    counts.foreignFiles = foreignFiles;
    const removed = new Map<string, string[]>();
    for (const segment of segments) {
      try {
        const catalog = await this.#drainSegment(segment, counts);
        if (catalog !== undefined) removed.set(catalog, [...(removed.get(catalog) ?? []), segment.key]);
      } catch (error) {
        if (!isMissing(error)) problems.push(`${segment.path}: ${messageOf(error)}`);
      }
    }
    for (const [catalog, keys] of removed) await this.#forget(catalog, keys);
    return { ...counts, problems };
  }

  /** The catalog whose bookkeeping of the segment can go, since the segment is gone. */
  async #drainSegment(segment: Segment, counts: Counts): Promise<string | undefined> {
    const known = this.#offsets.get(segment.key);
    if (known !== undefined && known === segment.sizeBytes && !segment.isSealed) return undefined;
    let content = await readSegment(segment.path, known ?? 0);
    const location = locationOf(segment, content);
    if (content.header === undefined && (location === undefined || content.frames.length === 0)) {
      return this.#passOver(segment, content, counts);
    }
    if (location === undefined) {
      counts.foreignFiles += 1;
      return undefined;
    }
    if (known === undefined) {
      const stored = await this.#storedOffset(location, segment.key);
      if (stored > 0) content = await readSegment(segment.path, stored);
    }
    await this.#storeContent(segment, location, { content, counts });
    if (!segment.isSealed) return undefined;
    await this.#finish(segment, content, counts);
    return location.catalog;
  }

  // Without a header and frames, a file is one that its writer has only just made, or none of ours.
  #passOver(segment: Segment, content: SegmentContent, counts: Counts): Promise<undefined> {
    if (content.sizeBytes > 0 && segment.isSealed) counts.foreignFiles += 1;
    if (content.sizeBytes > 0 || !segment.isSealed) return Promise.resolve(undefined);
    counts.removedSegments += 1;
    return this.#removeFile(segment.path).then(() => undefined);
  }

  async #storeContent(
    segment: Segment,
    location: UnityCatalogLocation,
    work: { readonly content: SegmentContent; readonly counts: Counts },
  ): Promise<void> {
    const { content, counts } = work;
    for (const group of groupFrames(content.frames)) {
      try {
        await this.#storeBatch(segment, location, { batch: decodeFrames(group, location), counts });
      } catch (error) {
        if (!isAboutData(error)) throw error;
        for (const item of group) await this.#storeAlone(segment, location, { item, counts });
      }
    }
    if (content.damagedBytes > 0) {
      counts.damagedBytes += content.damagedBytes;
      this.#damaged.add(segment.key);
    }
    this.#offsets.set(segment.key, content.endOffset);
  }

  // One frame that DuckDB refuses must not keep the others out of the tables.
  async #storeAlone(
    segment: Segment,
    location: UnityCatalogLocation,
    work: { readonly item: SegmentContent["frames"][number]; readonly counts: Counts },
  ): Promise<void> {
    const { item, counts } = work;
    try {
      await this.#storeBatch(segment, location, { batch: decodeFrames([item], location), counts });
    } catch (error) {
      if (!isAboutData(error)) throw error;
      await this.#storeBatch(segment, location, { batch: emptyBatch(item.endOffset, 1), counts });
    }
  }

  async #storeBatch(
    segment: Segment,
    location: UnityCatalogLocation,
    work: { readonly batch: FrameBatch; readonly counts: Counts },
  ): Promise<void> {
    const { batch, counts } = work;
    const report = await this.#ingest.inLocation(location, async (connection) => {
      const written = await writeSpans(connection, location, batch.requests);
      const logRecords = await writeLogs(connection, location, batch.logs);
      const metricPoints = await writeMetrics(connection, location, batch.metrics);
      await writeTraceInfos(connection, location, batch.infos);
      await this.#keepOffset(connection, location.catalog, { key: segment.key, endOffset: batch.endOffset });
      return { ...written, logRecords, metricPoints };
    });
    counts.spans += report.stored;
    counts.duplicateSpans += report.duplicates;
    counts.logRecords += report.logRecords;
    counts.metricPoints += report.metricPoints;
    counts.traceInfos += batch.infos.length;
    counts.rejected += report.rejected + batch.unreadableFrames;
    if (batch.unreadableFrames > 0) this.#damaged.add(segment.key);
    this.#offsets.set(segment.key, batch.endOffset);
  }

  async #keepOffset(
    connection: DuckDBConnection,
    catalog: string,
    segment: { readonly key: string; readonly endOffset: number },
  ): Promise<void> {
    await connection.run(`INSERT OR REPLACE INTO ${offsetsTable(catalog)} VALUES ($1, $2::BIGINT)`, [
      segment.key,
      BigInt(segment.endOffset),
    ]);
  }

  async #storedOffset(location: UnityCatalogLocation, key: string): Promise<number> {
    return this.#ingest.inLocation(location, async (connection) => {
      const found = await connection.runAndReadAll(
        `SELECT end_offset FROM ${offsetsTable(location.catalog)} WHERE segment = $1`,
        [key],
      );
      return Number(found.getRows()[0]?.[0] ?? 0);
    });
  }

  async #finish(segment: Segment, content: SegmentContent, counts: Counts): Promise<void> {
    const tornBytes = content.sizeBytes - content.endOffset;
    counts.damagedBytes += tornBytes;
    if (tornBytes > 0 || this.#damaged.has(segment.key)) {
      await rename(segment.path, `${segment.path}${damagedEnd}`);
      return;
    }
    await this.#removeFile(segment.path);
    counts.removedSegments += 1;
  }

  async #forget(catalog: string, keys: readonly string[]): Promise<void> {
    await this.#engine.transaction(catalog, async (connection) => {
      for (const key of keys) {
        await connection.run(`DELETE FROM ${offsetsTable(catalog)} WHERE segment = $1`, [key]);
      }
    });
    for (const key of keys) {
      this.#offsets.delete(key);
      this.#damaged.delete(key);
    }
  }
}
