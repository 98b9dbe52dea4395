import {
  context,
  createContextKey,
  INVALID_SPAN_CONTEXT,
  trace,
  TraceFlags,
  type Context,
  type Span,
} from "@opentelemetry/api";
import { tracingRuntime } from "./runtime.ts";
import { contextWith, entryOf, type SpanEntry } from "./span-entry.ts";

const leftOutKey = createContextKey("tracelake.left-out");
const chosenKey = createContextKey("tracelake.chosen");

/**
 * Records traces again after {@link disableTracing}. As `mlflow.tracing.enable` in Python.
 *
 * A call that began while recording was off stays unrecorded to its end, with all that it calls.
 */
export const enableTracing = (): void => {
  tracingRuntime().isDisabled = false;
};

/**
 * Begins no new traces from now on; everything else stays in place. A trace that has begun is recorded to its end, so that
 * none is ever cut in half. As `mlflow.tracing.disable` in Python.
 */
export const disableTracing = (): void => {
  tracingRuntime().isDisabled = true;
};

/** Whether new traces are recorded. */
export const isTracingEnabled = (): boolean => tracingRuntime().isDisabled !== true;

/** What becomes of a span: its provider's sampler is asked, or need not be. */
export type SamplingDecision = "ask" | "chosen" | "left-out";

/** Decides where a trace begins; what is below follows, whatever happens meanwhile. */
export const decideSampling = (
  parent: SpanEntry | undefined,
  options: { readonly isParentGiven: boolean; readonly samplingRatioOverride?: number | undefined },
): SamplingDecision => {
  if (parent !== undefined) return parent.trace.isLeftOut ? "left-out" : "ask";
  if (!options.isParentGiven && context.active().getValue(leftOutKey) === true) return "left-out";
  if (!isTracingEnabled()) return "left-out";
  const ratio = options.samplingRatioOverride;
  if (ratio === undefined || Number.isNaN(ratio)) return "ask";
  return Math.random() < ratio ? "chosen" : "left-out";
};

/** The context to start a span in that a sampler must not refuse. */
export const markChosen = (from: Context): Context => from.setValue(chosenKey, true);

/** Whether a call's own sampling ratio has decided for the trace that begins in this context. */
export const isChosen = (from: Context): boolean => from.getValue(chosenKey) === true;

/** A span of a trace that is not recorded. */
export const leftOutSpan = (parent: Span | undefined): Span =>
  trace.wrapSpanContext(parent?.spanContext() ?? INVALID_SPAN_CONTEXT);

/** Whether a provider's sampler has refused the span. */
export const isRefused = (span: Span): boolean =>
  !span.isRecording() && (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0;

/**
 * The context in which a span is active. One of a trace that is left out does not take the place of somebody else's span:
 * whatever instrumentation that belongs to would lose its parent, and with it, as a rule, its own sampling.
 */
export const contextInside = (from: Context, span: Span, isLeftOut: boolean): Context => {
  if (!isLeftOut) return contextWith(from.getValue(leftOutKey) === true ? from.deleteValue(leftOutKey) : from, span);
  const active = trace.getSpan(from);
  const isForeign = active !== undefined && entryOf(active) === undefined;
  return isForeign ? from.setValue(leftOutKey, true) : trace.setSpan(from, span);
};
