import { formatTraceId, RequestBuilder, type LogRecord, type Metric } from "@tracelake/wire";
import { newBatch, type Batch } from "../delivery/batch.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { Fifo } from "../delivery/fifo.ts";
import type { Sink } from "../sinks/sink.ts";
import { DropReason, RecordKind, type Ledger } from "./ledger.ts";
import { SpanRecord, type MessageRecord, type PipelineRecord, type TraceInfoRecord } from "./records.ts";

const encodeDelayMillis = 20;
const sliceMillis = 0.25;
const longSliceMillis = 2;
const manyPendingBytes = 4 * 1024 * 1024;
const largestPendingBytes = 16 * 1024 * 1024;
const mostPendingBytes = 32 * 1024 * 1024;
const largestBatchRecords = 512;

/** Where encoded batches go. */
export interface IntakeTarget {
  readonly sink: Sink;
  readonly delivery: Delivery;
}

type Builders = {
  readonly spans: RequestBuilder<"spans">;
  readonly logs: RequestBuilder<"logs">;
  readonly metrics: RequestBuilder<"metrics">;
};

/**
 * Records that were taken and not yet encoded. Encoding happens in slices of {@link sliceMillis} between the host's own
 * turns; only where a host does not let any turn pass, and {@link largestPendingBytes} wait, each new record pays for
 * old ones: with {@link longSliceMillis}, and with as much as it takes where {@link mostPendingBytes} wait.
 *
 * It stays on the thread it is on. To hand a span to a worker thread costs its caller a structured clone, about half of
 * what encoding it costs, and the whole process more than twice as much; what a worker still has to do when the process ends is
 * lost, and in a burst that lets no turn pass nothing bounds what waits for it.
 */
export class Intake {
  readonly #ledger: Ledger;
  readonly #pending = new Fifo<PipelineRecord>();
  readonly #builders: Builders = {
    spans: new RequestBuilder("spans"),
    logs: new RequestBuilder("logs"),
    metrics: new RequestBuilder("metrics"),
  };
  readonly #traceInfos: Batch[] = [];
  #pendingBytes = 0;
  #target: IntakeTarget | undefined;
  #timer: NodeJS.Timeout | undefined;
  #batchesSince: number | undefined;
  #isSlicing = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0 && this.#openRecords() === 0;
  }

  /** From now on there is somewhere to go. */
  open(target: IntakeTarget): void {
    this.#target = target;
    this.#schedule(0);
  }

  accept(record: PipelineRecord): void {
    if (this.#target?.sink.accepts(record.kind) === false) return;
    this.#ledger.accept(record.kind, 1, "queued");
    this.#pending.push(record);
    this.#pendingBytes += record.estimatedBytes;
    // Those that come while others wait are encoded with them.
    if (this.#pending.length === 1 && !this.#isSlicing) this.#schedule(encodeDelayMillis);
    if (this.#pendingBytes > largestPendingBytes) this.#relieve();
  }

  /** Encodes everything, letting the host's turns pass, and hands it on. */
  async drain(): Promise<void> {
    while (this.#target !== undefined && this.#pending.length > 0) {
      this.#encodeSlice();
      if (this.#pending.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#closeBatches();
  }

  /** {@link drain} in one go. What has nowhere to go is lost. */
  drainNow(): void {
    clearTimeout(this.#timer);
    for (let record = this.#pending.take(); record !== undefined; record = this.#pending.take()) {
      this.#pendingBytes -= record.estimatedBytes;
      if (this.#target === undefined) this.#ledger.drop(record.kind, 1, { from: "queued", reason: DropReason.EXIT });
      else this.#encode(record, this.#target);
    }
    this.#closeBatches();
  }

  #relieve(): void {
    const end = performance.now() + longSliceMillis;
    do {
      const oldest = this.#pending.take();
      if (oldest === undefined) return;
      this.#pendingBytes -= oldest.estimatedBytes;
      if (this.#target === undefined)
        this.#ledger.drop(oldest.kind, 1, { from: "queued", reason: DropReason.QUEUE_FULL });
      else this.#encode(oldest, this.#target);
    } while (
      this.#pendingBytes > mostPendingBytes ||
      (this.#pendingBytes > largestPendingBytes && performance.now() < end)
    );
  }

  #schedule(delayMillis: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), delayMillis).unref();
  }

  #turn(): void {
    this.#timer = undefined;
    if (this.#target === undefined) return;
    this.#encodeSlice();
    const age = this.#batchesSince === undefined ? 0 : performance.now() - this.#batchesSince;
    const { batchDelayMillis } = this.#target.delivery;
    if (age >= batchDelayMillis) this.#closeBatches();
    this.#isSlicing = this.#pending.length > 0;
    // One that is not waited for would run only when something else wakes the event loop.
    if (this.#isSlicing) setImmediate(() => this.#turn());
    else if (this.#batchesSince !== undefined) this.#schedule(Math.max(batchDelayMillis - age, 1));
  }

  #encodeSlice(): void {
    const target = this.#target;
    if (target === undefined) return;
    const end = performance.now() + (this.#pendingBytes > manyPendingBytes ? longSliceMillis : sliceMillis);
    do {
      const record = this.#pending.take();
      if (record === undefined) return;
      this.#pendingBytes -= record.estimatedBytes;
      this.#encode(record, target);
    } while (performance.now() < end);
  }

  #encode(record: PipelineRecord, target: IntakeTarget): void {
    try {
      if (record instanceof SpanRecord) this.#encodeSpan(record, target);
      else if (record.kind === RecordKind.TRACE_INFOS) this.#encodeTraceInfo(record, target);
      else this.#encodeMessage(record);
    } catch {
      this.#ledger.drop(record.kind, 1, { from: "queued", reason: DropReason.ENCODE_ERROR });
      return;
    }
    this.#batchesSince ??= performance.now();
    if (record.kind !== RecordKind.TRACE_INFOS) this.#closeIfFull(record.kind, target);
  }

  #encodeSpan(record: SpanRecord, { sink }: IntakeTarget): void {
    const traceRequestId = formatTraceId(record.otelTraceId, sink.location);
    try {
      this.#builders.spans.add(record.toMessage(traceRequestId), record.source);
    } catch (error) {
      this.#builders.spans.add(record.toSkeleton(traceRequestId, error), record.source);
    }
  }

  // It follows its spans: an MLflow server makes a trace of whichever comes first.
  #encodeTraceInfo(record: TraceInfoRecord, { sink }: IntakeTarget): void {
    this.#traceInfos.push(newBatch(RecordKind.TRACE_INFOS, 1, sink.encodeTraceInfo(record.trace)));
    if (this.#traceInfos.length >= largestBatchRecords) this.#closeBatch("spans");
  }

  #encodeMessage(record: MessageRecord): void {
    if (record.kind === RecordKind.LOGS) this.#builders.logs.add(record.message as LogRecord, record.source);
    else this.#builders.metrics.add(record.message as Metric, record.source);
  }

  #closeIfFull(kind: keyof Builders, { delivery }: IntakeTarget): void {
    const builder = this.#builders[kind];
    if (builder.recordCount >= largestBatchRecords || builder.byteLength >= delivery.largestBodyBytes(kind))
      this.#closeBatch(kind);
  }

  #closeBatch(kind: keyof Builders): void {
    const builder = this.#builders[kind];
    const { recordCount } = builder;
    if (recordCount > 0) {
      const body = builder.finish();
      const batch = newBatch(kind, recordCount, body);
      this.#target?.delivery.accept(batch);
      if (batch.body.length === 0) builder.reuse(body);
    }
    if (kind === RecordKind.SPANS) for (const info of this.#traceInfos.splice(0)) this.#target?.delivery.accept(info);
  }

  #closeBatches(): void {
    this.#batchesSince = undefined;
    for (const kind of Object.keys(this.#builders) as (keyof Builders)[]) this.#closeBatch(kind);
  }

  #openRecords(): number {
    return Object.values(this.#builders).reduce((sum, { recordCount }) => sum + recordCount, this.#traceInfos.length);
  }
}
