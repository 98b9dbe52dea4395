/** The kinds of records that are taken to a destination. */
export const RecordKind = {
  SPANS: "spans",
  TRACE_INFOS: "traceInfos",
  LOGS: "logs",
  METRICS: "metrics",
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Why a record was lost. The list is closed. */
export const DropReason = {
  /** Memory was full and the disk could not be used. */
  QUEUE_FULL: "queue_full",
  /** The spool had its largest size, and the oldest had to go. */
  QUOTA: "quota",
  /** It waited longer on disk than records are kept. */
  EXPIRED: "expired",
  /** A single record that the destination finds too large, also after its values were cut. */
  TOO_LARGE: "too_large",
  /** The destination refused it as invalid, and there is no disk to set it aside on. */
  BAD_DATA: "bad_data",
  /** The destination took the request and said that it refused some of its records. */
  REJECTED_PARTIAL: "rejected_partial",
  /** It could not be written as OTLP, not even without its values. */
  ENCODE_ERROR: "encode_error",
  /** It came after `shutdown()`. */
  AFTER_SHUTDOWN: "after_shutdown",
  /** Its file on disk was damaged. */
  SPOOL_DAMAGED: "spool_damaged",
  /** The process ended before it could be delivered, without a disk to keep it on. */
  EXIT: "exit",
} as const;
export type DropReason = (typeof DropReason)[keyof typeof DropReason];

/** What became of records. At any instant `accepted` is the sum of the others. */
export interface RecordCounts {
  /** Taken in, from this process or from the spool of one that is gone. */
  readonly accepted: number;
  /** A destination has said that it has them. */
  readonly exported: number;
  /** In memory, or under way without a copy on disk. */
  readonly queued: number;
  /** On this machine's disk: on their way to a destination, or in the journal of a local workspace. */
  readonly spooled: number;
  /** Refused by a destination as invalid, and set aside on disk. */
  readonly quarantined: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** Where a record that was not lost can be. */
export type RecordPlace = "queued" | "spooled" | "exported" | "quarantined";

interface Counts {
  accepted: number;
  exported: number;
  queued: number;
  spooled: number;
  quarantined: number;
  readonly dropped: Map<DropReason, number>;
}

const noCounts = (): Counts => ({
  accepted: 0,
  exported: 0,
  queued: 0,
  spooled: 0,
  quarantined: 0,
  dropped: new Map(),
});

/**
 * Where every record is. A record is only ever moved from one place to another, so that the sum holds by construction.
 */
export class Ledger {
  readonly #kinds: Readonly<Record<RecordKind, Counts>> = {
    spans: noCounts(),
    traceInfos: noCounts(),
    logs: noCounts(),
    metrics: noCounts(),
  };
  readonly #onDrop: (kind: RecordKind, count: number, reason: DropReason) => void;

  constructor(onDrop: (kind: RecordKind, count: number, reason: DropReason) => void = () => {}) {
    this.#onDrop = onDrop;
  }

  accept(kind: RecordKind, count: number, place: RecordPlace): void {
    this.#kinds[kind].accepted += count;
    this.#kinds[kind][place] += count;
  }

  /** A record that is lost at once. */
  refuse(kind: RecordKind, count: number, reason: DropReason): void {
    this.accept(kind, count, "queued");
    this.drop(kind, count, { from: "queued", reason });
  }

  move(kind: RecordKind, count: number, { from, to }: { readonly from: RecordPlace; readonly to: RecordPlace }): void {
    this.#kinds[kind][from] -= count;
    this.#kinds[kind][to] += count;
  }

  drop(
    kind: RecordKind,
    count: number,
    { from, reason }: { readonly from: RecordPlace; readonly reason: DropReason },
  ): void {
    if (count === 0) return;
    const counts = this.#kinds[kind];
    counts[from] -= count;
    counts.dropped.set(reason, (counts.dropped.get(reason) ?? 0) + count);
    this.#onDrop(kind, count, reason);
  }

  /** Takes over the counts of a ledger that is not written to any more. */
  absorb(other: Ledger): void {
    for (const kind of Object.values(RecordKind)) addTo(this.#kinds[kind], other.counts(kind));
  }

  counts(kind: RecordKind): RecordCounts {
    const { dropped, ...counts } = this.#kinds[kind];
    return { ...counts, dropped: Object.fromEntries(dropped) };
  }
}

const addTo = (sum: Counts, counts: RecordCounts): void => {
  for (const place of ["accepted", "exported", "queued", "spooled", "quarantined"] as const)
    sum[place] += counts[place];
  for (const [reason, count] of Object.entries(counts.dropped) as [DropReason, number][])
    sum.dropped.set(reason, (sum.dropped.get(reason) ?? 0) + count);
};

/** The sum over several destinations. */
export const addCounts = (all: readonly RecordCounts[]): RecordCounts => {
  const sum = noCounts();
  for (const counts of all) addTo(sum, counts);
  const { dropped, ...places } = sum;
  return { ...places, dropped: Object.fromEntries(dropped) };
};

/** All that was lost, whatever the reason. */
export const totalDropped = (counts: RecordCounts): number =>
  Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
