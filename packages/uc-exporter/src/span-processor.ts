import { trace, TraceFlags, type Context } from "@opentelemetry/api";
import { entryOf, foldUsage, registerSpan, safely, type SpanEntry } from "@tracelake/tracing";
import { usageOf } from "./convert/token-usage.ts";
import type { Destination } from "./destination/destination.ts";
import { RecordKind } from "./pipeline/ledger.ts";
import { SpanRecord } from "./pipeline/records.ts";
import type { PipelineOptions } from "./pipeline/read-settings.ts";
import type { FlushResult, Pipeline, PipelineStats } from "./pipeline/pipeline.ts";
import { createPipeline } from "./create-pipeline.ts";
import type { ReadableSpan, SpanListener, StartedSpan } from "./readable-span.ts";

/** What people with their own OpenTelemetry SDK may choose. */
export interface UnityCatalogSpanProcessorOptions extends PipelineOptions {
  /** One or several. Default: what the environment names, see `start`. */
  readonly destination?: Destination | readonly Destination[];
  /** Which spans to take. Default: all that the provider records. */
  readonly shouldExport?: (span: ReadableSpan) => boolean;
}

/**
 * An OpenTelemetry span processor that takes what a provider records to its destinations.
 *
 * A span whose parent this processor has not seen (a remote caller, another provider's span) is the root of its trace:
 * it is written without that parent and linked to it, since a trace without a root is invisible in MLflow. Use it rather
 * than `UnityCatalogSpanExporter` wherever tags, metadata and the sum of tokens matter.
 */
export class UnityCatalogSpanProcessor implements SpanListener {
  readonly #pipeline: Pipeline;
  readonly #shouldExport: (span: ReadableSpan) => boolean;

  /** @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used. */
  constructor(
    options: UnityCatalogSpanProcessorOptions = {},
    pipeline: Pipeline = createPipeline(options.destination, options),
  ) {
    this.#pipeline = pipeline;
    this.#shouldExport = options.shouldExport ?? (() => true);
  }

  onStart(span: StartedSpan, parentContext: Context): void {
    safely(() => registerSpan(span, trace.getSpan(parentContext), span.name), undefined);
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    safely(() => this.#take(span), undefined);
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

  #take(span: ReadableSpan): void {
    const entry = entryOf(span);
    if (entry !== undefined) entry.usage ??= usageOf(span.attributes);
    const tokenUsage = entry === undefined ? usageOf(span.attributes) : foldUsage(entry);
    if (!this.#shouldExport(span)) return;
    const isRoot = isRootSpan(span, entry);
    const record = new SpanRecord(span, { isRoot, structuredKeys: entry?.structuredKeys });
    this.#pipeline.accept(record);
    if (!isRoot) return;
    const trace = { root: span, record: entry?.trace, tokenUsage };
    this.#pipeline.accept({ kind: RecordKind.TRACE_INFOS, trace, estimatedBytes: traceInfoBytes });
  }
}

/** Its texts are those of the root span, which is counted. */
const traceInfoBytes = 500;

const isRootSpan = (span: ReadableSpan, entry: SpanEntry | undefined): boolean =>
  entry?.isRoot ?? (span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true);
