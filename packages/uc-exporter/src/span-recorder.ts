import { trace, TraceFlags, type Context } from "@opentelemetry/api";
import { entryOf, foldUsage, passOver, registerSpan, safely, type SpanEntry } from "@tracelake/tracing";
import { usageOf } from "./convert/token-usage.ts";
import { RecordKind } from "./pipeline/ledger.ts";
import type { Pipeline } from "./pipeline/pipeline.ts";
import { SpanRecord } from "./pipeline/records.ts";
import type { ReadableSpan, SpanListener, StartedSpan } from "./readable-span.ts";
import type { SpanSelection } from "./span-selection.ts";

/** Makes records for a pipeline of a provider's spans. Without a selection all are taken. */
export class SpanRecorder implements SpanListener {
  readonly #pipeline: Pipeline;
  readonly #selection: SpanSelection | undefined;

  constructor(pipeline: Pipeline, selection?: SpanSelection) {
    this.#pipeline = pipeline;
    this.#selection = selection;
  }

  onStart(span: StartedSpan, parentContext: Context): void {
    safely(() => {
      const parent = trace.getSpan(parentContext);
      if (this.#selection?.begin(span, parent).isTaken === false) passOver(span, parent);
      else registerSpan(span, parent, span.name);
    }, undefined);
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    safely(() => this.#take(span), undefined);
  }

  #take(span: ReadableSpan): void {
    const entry = entryOf(span);
    if (entry !== undefined) entry.usage ??= usageOf(span.attributes);
    const tokenUsage = entry === undefined ? usageOf(span.attributes) : foldUsage(entry);
    const place = this.#selection?.find(span);
    if (place?.isTaken === false) return;
    const parentSpanId = place === undefined ? parentSpanIdOf(span, entry) : place.above?.spanId;
    this.#pipeline.accept(new SpanRecord(span, { parentSpanId, structuredKeys: entry?.structuredKeys }));
    if (parentSpanId !== undefined) return;
    const trace = { root: span, record: entry?.trace, tokenUsage };
    this.#pipeline.accept({ kind: RecordKind.TRACE_INFOS, trace, estimatedBytes: traceInfoBytes });
  }
}

/** Its texts are those of the root span, which is counted. */
const traceInfoBytes = 500;

const parentSpanIdOf = ({ parentSpanContext }: ReadableSpan, entry: SpanEntry | undefined): string | undefined => {
  const isRoot = entry === undefined ? parentSpanContext?.isRemote === true : entry.isRoot;
  return isRoot ? undefined : parentSpanContext?.spanId;
};
