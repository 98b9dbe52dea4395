import { JournalFrameType } from "@tracelake/wire";
import type { Thinning } from "../convert/cut-span.ts";
import { RecordKind, type RecordPlace } from "../pipeline/ledger.ts";
import type { SpoolRecord } from "../spool/spool-record.ts";
import type { SpooledFrame } from "../spool/spool.ts";

/** Records of one kind, encoded, that are sent together. */
export interface Batch {
  readonly kind: RecordKind;
  readonly recordCount: number;
  /** Empty while the batch is on disk only: whoever made its bytes may overwrite them then. */
  body: Uint8Array;
  isCompressed: boolean;
  /** Its copy on disk. */
  frame?: SpooledFrame;
  /** How often the destination failed on it with its own error. */
  serverErrors: number;
  /** When that began, by the clock of the pace. */
  firstServerErrorAtMillis?: number;
  /** The last step by which it was made smaller, where the disk was almost full. */
  thinning?: Thinning;
  /** When it was refused as invalid, but so that a setting may be the reason; by the clock of `performance.now()`. */
  suspectedAtMillis?: number;
}

const frameTypes: Readonly<Record<RecordKind, JournalFrameType>> = {
  spans: JournalFrameType.SPANS,
  traceInfos: JournalFrameType.TRACE_INFO,
  logs: JournalFrameType.LOGS,
  metrics: JournalFrameType.METRICS,
};

const kinds = new Map<number, RecordKind>(Object.values(RecordKind).map((kind) => [frameTypes[kind], kind]));

/** A batch that has just been made. */
export const newBatch = (kind: RecordKind, recordCount: number, body: Uint8Array): Batch => ({
  kind,
  recordCount,
  body,
  isCompressed: false,
  serverErrors: 0,
});

/** Where a batch counts. */
export const placeOf = (batch: Batch): RecordPlace => (batch.frame === undefined ? "queued" : "spooled");

/** A batch that is on disk only. */
export const spooledBatch = (frame: SpooledFrame): Batch => ({
  ...newBatch(kindOf(frame), frame.recordCount, new Uint8Array()),
  frame,
});

/** The kind of what a spooled frame holds. */
export const kindOf = ({ type }: { readonly type: JournalFrameType }): RecordKind =>
  kinds.get(type) ?? RecordKind.SPANS;

/** A batch as it is kept on disk. */
export const toSpoolRecord = ({ kind, recordCount, body, isCompressed }: Batch): SpoolRecord => ({
  type: frameTypes[kind],
  recordCount,
  body,
  isCompressed,
});
