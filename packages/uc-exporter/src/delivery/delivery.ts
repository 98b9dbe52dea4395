import type { Batch } from "./batch.ts";
import type { RecordKind } from "../pipeline/ledger.ts";

/** What a flush waits for. */
export const FlushGoal = {
  /** The destination has said that it has everything. */
  EXPORTED: "exported",
  /** Everything is on this machine's disk, or further. Where nothing may be written to disk, this is `exported`. */
  DURABLE: "durable",
} as const;
export type FlushGoal = (typeof FlushGoal)[keyof typeof FlushGoal];

/** What takes encoded batches on, to a destination or to a journal. */
export interface Delivery {
  /** How long records may be gathered into one batch. */
  readonly batchDelayMillis: number;
  /** The largest body worth making. */
  largestBodyBytes(kind: RecordKind): number;
  accept(batch: Batch): void;
  /** Whether nothing is queued, on disk for the destination, or under way. */
  readonly isIdle: boolean;
  /**
   * Does now what can be done; resolves when everything is where `goal` says, when nothing is left to do, or after
   * `timeoutMillis`.
   */
  flush(timeoutMillis: number, goal: FlushGoal): Promise<void>;
  /** Copies to disk what is in memory only, where there is one. */
  secureNow(): void;
  /** Gives up the requests under way; what they carry stays. */
  abort(): void;
  /** Keeps what is left, without waiting; nothing is accepted afterwards. */
  closeNow(): void;
}
