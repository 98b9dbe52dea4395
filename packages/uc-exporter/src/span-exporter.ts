import { safely } from "@tracelake/tracing";
import { createPipeline } from "./create-pipeline.ts";
import type { Destination } from "./destination/destination.ts";
import { totalDropped } from "./pipeline/ledger.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import type { PipelineOptions } from "./pipeline/read-settings.ts";
import { ExportResultCode, type ExportResult, type ReadableSpan } from "./readable-span.ts";
import { SpanRecorder } from "./span-recorder.ts";

/** What {@link UnityCatalogSpanExporter} may be told. */
export interface UnityCatalogSpanExporterOptions extends PipelineOptions {
  /** One or several. Default: what the environment names, see `start`. */
  readonly destination?: Destination | readonly Destination[];
}

/**
 * An OpenTelemetry span exporter, for people who keep a batch processor of their own. It reports success when the
 * destination has the batch or this machine's disk keeps it for the destination, and failure when any of it was lost or is
 * still in memory only.
 */
export class UnityCatalogSpanExporter {
  readonly #pipeline: Pipeline;
  readonly #recorder: SpanRecorder;

  /** @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used. */
  constructor(options: UnityCatalogSpanExporterOptions = {}) {
    this.#pipeline = createPipeline(options.destination, options);
    this.#recorder = new SpanRecorder(this.#pipeline);
  }

  export(spans: readonly ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const droppedBefore = totalDropped(this.#pipeline.stats());
    for (const span of spans) this.#recorder.onEnd(span);
    void this.#flushSince(droppedBefore).then((code) => safely(() => resultCallback({ code }), undefined));
  }

  async #flushSince(droppedBefore: number): Promise<ExportResultCode> {
    const { dropped } = await this.#pipeline.flush();
    const isDelivered = dropped === droppedBefore && this.#pipeline.stats().queued === 0;
    return isDelivered ? ExportResultCode.SUCCESS : ExportResultCode.FAILED;
  }

  async forceFlush(): Promise<void> {
    await this.#pipeline.flush();
  }

  async shutdown(): Promise<void> {
    await this.#pipeline.shutdown();
  }
}
