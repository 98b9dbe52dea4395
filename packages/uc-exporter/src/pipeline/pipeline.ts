import { longestTimerMillis, type UnityCatalogLocation } from "@tracelake/wire";
import { FlushGoal } from "../delivery/delivery.ts";
import type { DeliveryOptions } from "../delivery/delivery-options.ts";
import type { Health } from "../delivery/pace.ts";
import { report } from "../report.ts";
import type { Sink } from "../sinks/sink.ts";
import { Lane, type SinkSource } from "./lane.ts";
import { addCounts, DropReason, Ledger, RecordKind, totalDropped, type RecordCounts } from "./ledger.ts";
import { watchProcessEnd } from "./process-end.ts";
import type { PipelineRecord } from "./records.ts";

/** What became of the spans accepted so far, in all destinations together. */
export interface FlushResult {
  /** Spans that a destination has said it has. */
  readonly exported: number;
  /** Spans on this machine's disk: in the spool, or in the journal of a local workspace. */
  readonly durable: number;
  /** Spans that were lost or refused; the first loss is told on stderr. */
  readonly dropped: number;
}

/**
 * Where all spans are: at any instant `accepted` is the sum of `exported`, `queued`, `spooled`, `quarantined` and
 * everything in `dropped`. The same holds for the other kinds of records.
 */
export interface PipelineStats extends RecordCounts {
  /** How many of the accepted spans and other records were left on disk by processes that are gone. */
  readonly adopted: number;
  readonly traceInfos: RecordCounts;
  readonly logs: RecordCounts;
  readonly metrics: RecordCounts;
  readonly destinations: readonly DestinationStats[];
}

/** One destination, and how it fares. */
export interface DestinationStats {
  /** `undefined` while the destination is being asked for. */
  readonly name: string | undefined;
  /** `undefined` for a local workspace, which is a directory. */
  readonly health: Health | undefined;
}

/** How a pipeline keeps what it takes, and whom it tells. */
export interface PipelineSettings extends DeliveryOptions {
  readonly handlesSignals: boolean;
  readonly onDrop?: ((reason: DropReason, count: number, kind: RecordKind) => void) | undefined;
}

const flushTimeoutMillis = 10_000;
const shutdownTimeoutMillis = 5_000;
const exitTimeoutMillis = 2_000;

const remedies: Readonly<Record<DropReason, string>> = {
  queue_full: "Memory is full: check that the destination can be reached, and that a disk can be written.",
  quota: "The spool has its largest size: check that the destination can be reached.",
  expired:
    "They waited on disk for seven days: check that the destination can be reached, and start the application more often than that.",
  too_large: "The destination takes no record of that size: set capture.maxValueBytes.",
  bad_data:
    "The destination refused them as invalid, and no disk could set them aside: look at what it says on stderr, and at TRACELAKE_SPOOL_DIRECTORY.",
  rejected_partial:
    "The destination took the others of their batches: look at what it says on stderr, and at the copy in the quarantine directory, where there is a spool.",
  encode_error:
    "They cannot be written as OTLP: look for ids, times or attributes of your own that OpenTelemetry does not allow, or report it.",
  after_shutdown: "They came after shutdown(): call it when the work is over.",
  spool_damaged:
    "Their files on disk are damaged: check the disk, and that nothing else writes to the spool directory.",
  exit: "The process ended first: await flush() before process.exit(), or set TRACELAKE_DURABILITY to spill or journal.",
};

/** Everything between a record and its destinations. */
export class Pipeline {
  readonly #settings: PipelineSettings;
  /** Of lanes that are gone, and of what came after the end. */
  readonly #past = new Ledger((kind, count, reason) => this.#onDrop(kind, count, reason));
  #lanes: readonly Lane[] = [];
  /** Lanes to former destinations, until they have delivered what they have, or kept it. */
  readonly #retiring = new Set<Lane>();
  #isClosed = false;
  #dropped = 0;
  #adoptedInPast = 0;
  #flushedAtExit = -1;
  readonly #unwatch: () => void;

  constructor(settings: PipelineSettings) {
    this.#settings = settings;
    this.#unwatch = watchProcessEnd(
      { beforeExit: () => this.#beforeExit(), exit: () => this.#exit(), signal: () => this.#secure() },
      settings,
    );
  }

  /** Sends to `sinks` from now on. What was accepted before still goes where it was bound. */
  setSinks(sinks: readonly SinkSource[]): void {
    const former = this.#lanes;
    const ledger = (): Ledger => new Ledger((kind, count, reason) => this.#onDrop(kind, count, reason));
    this.#lanes = sinks.map((sink) => new Lane(sink, ledger(), this.#settings));
    for (const lane of former) void this.#retire(lane);
  }

  /** The location of the first destination that has one; ids of traces are made with it. */
  get location(): UnityCatalogLocation | undefined {
    return this.#lanes.map((lane) => lane.sink?.location).find((location) => location !== undefined);
  }

  /** The destinations that are known. */
  get sinks(): readonly (Sink | undefined)[] {
    return this.#lanes.map((lane) => lane.sink);
  }

  /** Whether nothing is accepted any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  accept(record: PipelineRecord): void {
    if (this.#isClosed) {
      this.#past.refuse(record.kind, 1, DropReason.AFTER_SHUTDOWN);
      return;
    }
    for (const lane of this.#lanes) lane.accept(record);
  }

  async flush(timeoutMillis = flushTimeoutMillis, goal: FlushGoal = FlushGoal.EXPORTED): Promise<FlushResult> {
    const longestMillis = Math.min(timeoutMillis, longestTimerMillis);
    await Promise.all(this.#all().map((lane) => lane.flush(longestMillis, goal)));
    return this.#result();
  }

  /** {@link flush}, after which what is left is kept on disk where there is one, and nothing is accepted any more. */
  async shutdown(timeoutMillis = shutdownTimeoutMillis): Promise<FlushResult> {
    this.#isClosed = true;
    await this.flush(timeoutMillis);
    this.#close();
    return this.#result();
  }

  stats(): PipelineStats {
    const ledgers = [...this.#all().map(({ ledger }) => ledger), this.#past];
    const sum = (kind: RecordKind): RecordCounts => addCounts(ledgers.map((ledger) => ledger.counts(kind)));
    return {
      ...sum(RecordKind.SPANS),
      adopted: this.#all().reduce((total, { adopted }) => total + adopted, this.#adoptedInPast),
      traceInfos: sum(RecordKind.TRACE_INFOS),
      logs: sum(RecordKind.LOGS),
      metrics: sum(RecordKind.METRICS),
      destinations: this.#lanes.map(({ sink, health }) => ({ name: sink?.name, health })),
    };
  }

  async #retire(lane: Lane): Promise<void> {
    this.#retiring.add(lane);
    await lane.flush(flushTimeoutMillis, FlushGoal.EXPORTED, { isBackground: true });
    lane.closeNow();
    this.#retiring.delete(lane);
    this.#past.absorb(lane.ledger);
    this.#adoptedInPast += lane.adopted;
  }

  #all(): readonly Lane[] {
    return [...this.#retiring, ...this.#lanes];
  }

  #close(): void {
    this.#isClosed = true;
    for (const lane of this.#all()) lane.closeNow();
    this.#unwatch();
  }

  // Once, and again only where something came since: otherwise the end would wait for itself.
  #beforeExit(): void {
    const { accepted } = this.stats();
    if (this.#flushedAtExit === accepted || this.#all().every((lane) => lane.isIdle)) return;
    this.#flushedAtExit = accepted;
    void this.#flushAndAbort();
  }

  async #flushAndAbort(): Promise<void> {
    await this.flush(exitTimeoutMillis);
    for (const lane of this.#all()) lane.abort();
  }

  #exit(): void {
    this.#close();
  }

  #secure(): void {
    for (const lane of this.#all()) lane.secureNow();
  }

  #onDrop(kind: RecordKind, count: number, reason: DropReason): void {
    this.#dropped += count;
    report("loss", `${count} ${kind} were lost (${reason}), ${this.#dropped} records in all. ${remedies[reason]}`);
    try {
      this.#settings.onDrop?.(reason, count, kind);
    } catch {
      // Whoever wants to know of a loss must not cause another.
    }
  }

  #result(): FlushResult {
    const counts = this.stats();
    return { exported: counts.exported, durable: counts.spooled, dropped: totalDropped(counts) };
  }
}
