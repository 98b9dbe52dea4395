import type { Context } from "@opentelemetry/api";
import { createPipeline } from "./create-pipeline.ts";
import type { Destination } from "./destination/destination.ts";
import type { PipelineOptions } from "./pipeline/read-settings.ts";
import type { FlushResult, Pipeline, PipelineStats } from "./pipeline/pipeline.ts";
import type { ReadableSpan, SpanAtStart, SpanListener, StartedSpan } from "./readable-span.ts";
import { SpanRecorder } from "./span-recorder.ts";
import { SpanSelection } from "./span-selection.ts";

/** What people with their own OpenTelemetry SDK may choose. */
export interface UnityCatalogSpanProcessorOptions extends PipelineOptions {
  /** One or several. Default: what the environment names, see `start`. */
  readonly destination?: Destination | readonly Destination[];
  /**
   * Which spans to take, asked once when a span begins. Default: all that the provider records. What is below a span that is
   * not taken hangs on the nearest one above that is; where there is none it is the root of its trace, linked to its parent.
   * A span for which this throws is taken.
   */
  readonly shouldTake?: (span: SpanAtStart) => boolean;
}

/**
 * An OpenTelemetry span processor that takes what a provider records to its destinations.
 *
 * A span whose parent this processor has not taken (a remote caller, another provider's span, one that `shouldTake` leaves
 * out) is the root of its trace: it is written without that parent and linked to it, since a trace without a root is
 * invisible in MLflow. Use it rather than `UnityCatalogSpanExporter` wherever tags, metadata and the sum of tokens matter.
 */
export class UnityCatalogSpanProcessor implements SpanListener {
  readonly #pipeline: Pipeline;
  readonly #recorder: SpanRecorder;

  /** @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used. */
  constructor(options: UnityCatalogSpanProcessorOptions = {}) {
    this.#pipeline = createPipeline(options.destination, options);
    const { shouldTake } = options;
    this.#recorder = new SpanRecorder(
      this.#pipeline,
      shouldTake === undefined ? undefined : new SpanSelection(shouldTake),
    );
  }

  onStart(span: StartedSpan, parentContext: Context): void {
    this.#recorder.onStart(span, parentContext);
  }

  onEnd(span: ReadableSpan): void {
    this.#recorder.onEnd(span);
  }

  /** Sends what is queued. */
  async forceFlush(): Promise<void> {
    await this.#pipeline.flush();
  }

  async shutdown(): Promise<void> {
    await this.#pipeline.shutdown();
  }

  /** {@link forceFlush} that says what it achieved. */
  async flush(timeoutMillis?: number): Promise<FlushResult> {
    return this.#pipeline.flush(timeoutMillis);
  }

  stats(): PipelineStats {
    return this.#pipeline.stats();
  }
}
