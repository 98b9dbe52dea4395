import { context } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { TracelakeError } from "@tracelake/wire";
import type { EndedTrace } from "../convert/trace-info.ts";
import { report } from "../report.ts";
import { Delivery, type Sink } from "../sinks/sink.ts";
import { bytesOf, type PipelineRecord, type SpanRecord } from "./records.ts";

/** Spans by what became of them. At any instant `accepted` is the sum of the others. */
export interface LaneCounts {
  accepted: number;
  exported: number;
  durable: number;
  queued: number;
  dropped: number;
}

const largestBatchSpans = 512;
const largestBatchBytes = 4 * 1024 * 1024;
const largestQueueBytes = 64 * 1024 * 1024;
const concurrentTraceInfos = 16;
const journalDelayMillis = 100;
const networkDelayMillis = 1_000;

interface Batch {
  readonly spans: SpanRecord[];
  readonly traces: EndedTrace[];
}

const messageOf = (error: unknown): string =>
  TracelakeError.isInstance(error)
    ? error.message
    : `An unexpected failure: ${error instanceof Error ? error.message : String(error)}. Report it.`;

/**
 * The queue in front of one destination, with one batch under way at a time. It never throws, never waits in the
 * caller's stack, and counts everything it loses.
 */
export class Lane {
  readonly counts: LaneCounts = { accepted: 0, exported: 0, durable: 0, queued: 0, dropped: 0 };
  readonly #sink: Promise<Sink>;
  #readySink: Sink | undefined;
  #records: PipelineRecord[] = [];
  #queuedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  /** `sink` may still be on its way, where a destination must first be asked for; records wait for it. */
  constructor(sink: Sink | Promise<Sink>) {
    this.#readySink = sink instanceof Promise ? undefined : sink;
    this.#sink = Promise.resolve(sink);
    this.#sink.then(
      (ready) => (this.#readySink = ready),
      (error: unknown) => report("destination", messageOf(error)),
    );
  }

  get sink(): Sink | undefined {
    return this.#readySink;
  }

  /** Whether nothing is queued or under way, trace infos included. */
  get isIdle(): boolean {
    return this.#records.length === 0 && this.#sending === undefined;
  }

  accept(record: PipelineRecord): void {
    const isSpan = record.kind === "span";
    if (isSpan) this.counts.accepted++;
    if (this.#queuedBytes + bytesOf(record) > largestQueueBytes) {
      if (isSpan) this.counts.dropped++;
      const name = this.#readySink?.name ?? "the destination";
      report("loss", `Traces are lost: ${largestQueueBytes} bytes wait for ${name}. Check that it can be reached.`);
      return;
    }
    if (isSpan) this.counts.queued++;
    this.#queuedBytes += bytesOf(record);
    this.#records.push(record);
    this.#schedule();
  }

  /** Sends what is queued now. Resolves when it was taken or given up, or when `timeoutMillis` is over. */
  async flush(timeoutMillis: number): Promise<void> {
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, timeoutMillis).unref());
    // A promise alone does not keep Node.js alive; whoever awaits a flush wants it to.
    const alive = setInterval(() => {}, 1_000);
    await Promise.race([this.#sendAll(), deadline]);
    clearInterval(alive);
  }

  /** What can be delivered without waiting, at the end of the process; the sink is closed by it. */
  flushNow(): void {
    const sink = this.#readySink;
    if (sink?.sendNow === undefined) return;
    const batch = this.#takeBatch(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    try {
      sink.sendNow(batch.spans, batch.traces);
      this.#settle(batch.spans.length, 0, sink.delivery);
    } catch (error) {
      this.#lose(batch.spans.length, error);
    }
  }

  async close(timeoutMillis: number): Promise<void> {
    await this.flush(timeoutMillis);
    clearTimeout(this.#timer);
    await this.#readySink?.close().catch((error: unknown) => report("close", messageOf(error)));
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return;
    const delayMillis = this.#readySink?.delivery === Delivery.DURABLE ? journalDelayMillis : networkDelayMillis;
    const isFull = this.counts.queued >= largestBatchSpans || this.#queuedBytes >= largestBatchBytes;
    this.#timer = setTimeout(() => void this.#sendAll(), isFull ? 0 : delayMillis).unref();
  }

  async #sendAll(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined;
      if (this.#records.length > 0) this.#schedule();
    });
    return this.#sending;
  }

  async #drain(): Promise<void> {
    const sink = await this.#sink.catch(() => undefined);
    while (this.#records.length > 0) {
      const batch = this.#takeBatch(largestBatchSpans, largestBatchBytes);
      // Our own requests must not become spans of an application that observes its HTTP client.
      await context.with(suppressTracing(context.active()), () => this.#send(sink, batch));
    }
  }

  async #send(sink: Sink | undefined, { spans, traces }: Batch): Promise<void> {
    if (sink === undefined) {
      this.#settle(0, spans.length, Delivery.EXPORTED);
      return;
    }
    if (spans.length > 0) {
      try {
        const rejected = Math.min(await sink.sendSpans(spans), spans.length);
        this.#settle(spans.length - rejected, rejected, sink.delivery);
        if (rejected > 0)
          report(
            "loss",
            `${rejected} spans were refused by ${sink.name}. Look at its message in the answer's partial success.`,
          );
      } catch (error) {
        this.#lose(spans.length, error);
      }
    }
    for (let start = 0; start < traces.length; start += concurrentTraceInfos) {
      const chunk = traces.slice(start, start + concurrentTraceInfos);
      const failed = (error: unknown): void => report("trace-info", messageOf(error));
      await Promise.all(chunk.map((trace) => sink.sendTrace(trace).catch(failed)));
    }
  }

  #takeBatch(mostSpans: number, mostBytes: number): Batch {
    const batch: Batch = { spans: [], traces: [] };
    let bytes = 0;
    let taken = 0;
    for (const record of this.#records) {
      if (batch.spans.length >= mostSpans || batch.traces.length >= mostSpans || (bytes >= mostBytes && taken > 0))
        break;
      taken++;
      bytes += bytesOf(record);
      if (record.kind === "trace") batch.traces.push(record.trace);
      else batch.spans.push(record.span);
    }
    this.#records = this.#records.slice(taken);
    this.#queuedBytes -= bytes;
    return batch;
  }

  #settle(delivered: number, dropped: number, delivery: Delivery): void {
    this.counts.queued -= delivered + dropped;
    this.counts[delivery] += delivered;
    this.counts.dropped += dropped;
  }

  #lose(spans: number, error: unknown): void {
    this.#settle(0, spans, Delivery.EXPORTED);
    report("loss", `${spans} spans were lost. ${messageOf(error)}`);
  }
}
