import {
  context,
  trace,
  type Context,
  type Link,
  type Span,
  type TimeInput,
  type TracerProvider,
} from "@opentelemetry/api";
import { SpanAttributeKey, SpanType } from "@tracelake/wire";
import { LiveSpan } from "./live-span.ts";
import { tracerOf, tracingRuntime } from "./runtime.ts";
import { decideSampling, isRefused, leftOutSpan, markChosen } from "./sampling.ts";
import { contextWith, entryAbove, registerSpan, type SpanEntry } from "./span-entry.ts";

/** What a new span is. */
export interface SpanOptions {
  readonly name: string;
  /** One of {@link SpanType}, or any other text. Default `UNKNOWN`. */
  readonly spanType?: SpanType | (string & {});
  readonly inputs?: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The parent; without it the active span, if any. `null` begins a new trace. */
  readonly parent?: LiveSpan | null;
  /**
   * The share of traces to record where this span begins one, 0 to 1, instead of the configured share. Spans below another
   * follow their trace. Default: the configured share.
   */
  readonly samplingRatioOverride?: number;
  readonly startTime?: TimeInput;
  /** Records with this OpenTelemetry provider instead of Tracelake's own. */
  readonly tracerProvider?: TracerProvider;
}

const parentOf = (options: SpanOptions, active: Context): Span | undefined =>
  options.parent === undefined ? trace.getSpan(active) : options.parent?.otelSpan;

const contextFor = (parent: Span | undefined, active: Context): Context => {
  if (parent !== undefined) return contextWith(active, parent);
  return trace.getSpan(active) === undefined ? active : trace.deleteSpan(active);
};

const startLeftOut = (options: SpanOptions, parent: Span | undefined, parentEntry: SpanEntry | undefined): LiveSpan => {
  const below = parentEntry === undefined ? undefined : parent;
  const otelSpan = leftOutSpan(below);
  const entry = registerSpan(otelSpan, below, options.name);
  entry.trace.isLeftOut = true;
  return new LiveSpan(otelSpan, entry, tracingRuntime().policy);
};

/**
 * Starts a span without making it the active one. The caller ends it.
 *
 * A span whose parent belongs to somebody else's tracer begins a trace of its own, linked to that parent: a trace
 * without a root is invisible in MLflow.
 */
export const startSpan = (options: SpanOptions): LiveSpan => {
  const { policy } = tracingRuntime();
  const active = context.active();
  const parent = parentOf(options, active);
  const parentEntry = entryAbove(parent);
  const decision = decideSampling(parentEntry, { ...options, isParentGiven: options.parent !== undefined });
  if (decision === "left-out") return startLeftOut(options, parent, parentEntry);
  const isForeign = parent !== undefined && options.tracerProvider === undefined && parentEntry === undefined;
  const links: Link[] = isForeign ? [{ context: parent.spanContext() }] : [];
  const isRoot = parent === undefined || isForeign;
  const parentContext = contextFor(isRoot ? undefined : parent, active);
  const otelSpan = tracerOf(options.tracerProvider).startSpan(
    options.name,
    {
      links,
      attributes: { [SpanAttributeKey.SPAN_TYPE]: options.spanType ?? SpanType.UNKNOWN },
      ...(options.startTime === undefined ? {} : { startTime: options.startTime }),
    },
    decision === "chosen" ? markChosen(parentContext) : parentContext,
  );
  const entry = registerSpan(otelSpan, isRoot ? undefined : parent, options.name);
  if (parentEntry === undefined && isRefused(otelSpan)) entry.trace.isLeftOut = true;
  const span = new LiveSpan(otelSpan, entry, policy);
  if (options.attributes !== undefined) span.setAttributes(options.attributes);
  if ("inputs" in options) span.setInputs(options.inputs);
  return span;
};
