import { context, trace, type Link, type Span, type TimeInput, type TracerProvider } from "@opentelemetry/api";
import { SpanAttributeKey, SpanType } from "@tracelake/wire";
import { LiveSpan } from "./live-span.ts";
import { tracerOf, tracingRuntime } from "./runtime.ts";
import { entryOf, registerSpan } from "./span-entry.ts";

/** What a new span is. */
export interface SpanOptions {
  readonly name: string;
  /** One of {@link SpanType}, or any other text. Default `UNKNOWN`. */
  readonly spanType?: SpanType | (string & {});
  readonly inputs?: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The parent; without it the active span, if any. `null` begins a new trace. */
  readonly parent?: LiveSpan | null;
  readonly startTime?: TimeInput;
  /** Records with this OpenTelemetry provider instead of Tracelake's own. */
  readonly tracerProvider?: TracerProvider;
}

const parentOf = (options: SpanOptions): Span | undefined =>
  options.parent === undefined ? trace.getSpan(context.active()) : options.parent?.otelSpan;

/**
 * Starts a span without making it the active one. The caller ends it.
 *
 * A span whose parent belongs to somebody else's tracer begins a trace of its own, linked to that parent: a trace
 * without a root is invisible in MLflow.
 */
export const startSpan = (options: SpanOptions): LiveSpan => {
  const { policy } = tracingRuntime();
  const parent = parentOf(options);
  const isForeign = parent !== undefined && options.tracerProvider === undefined && entryOf(parent) === undefined;
  const links: Link[] = isForeign ? [{ context: parent.spanContext() }] : [];
  const isRoot = parent === undefined || isForeign;
  const parentContext = isRoot ? trace.deleteSpan(context.active()) : trace.setSpan(context.active(), parent);
  const otelSpan = tracerOf(options.tracerProvider).startSpan(
    options.name,
    {
      root: isRoot,
      links,
      attributes: { [SpanAttributeKey.SPAN_TYPE]: options.spanType ?? SpanType.UNKNOWN },
      ...(options.startTime === undefined ? {} : { startTime: options.startTime }),
    },
    parentContext,
  );
  const span = new LiveSpan(otelSpan, registerSpan(otelSpan, isRoot ? undefined : parent, options.name), policy);
  if (options.attributes !== undefined) span.setAttributes(options.attributes);
  if ("inputs" in options) span.setInputs(options.inputs);
  return span;
};
