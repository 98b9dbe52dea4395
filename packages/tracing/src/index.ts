/**
 * What a span is to MLflow, on top of OpenTelemetry: functions and blocks of code as spans, what belongs to a whole
 * trace, what may be recorded, and the kit that plugins are written with.
 *
 * @module
 */
export { isRecord, recordsIn, SpanType, type JsonRecord } from "@tracelake/wire";
export { Allowance } from "./allowance.ts";
export { tell } from "./tell.ts";
export { trace, type TraceOptions } from "./trace.ts";
export { traced } from "./traced.ts";
export { withSpan } from "./with-span.ts";
export { startSpan, type SpanOptions } from "./start-span.ts";
export { disableTracing, enableTracing, isChosen, isTracingEnabled } from "./sampling.ts";
export { LiveSpan, type EndOptions, type SpanOutcome } from "./live-span.ts";
export {
  getCurrentActiveSpan,
  getLastActiveTraceId,
  proposeIdentity,
  updateCurrentTrace,
  type TraceUpdate,
} from "./current-trace.ts";
export { isThenable } from "./is-thenable.ts";
export { observeResult, observeThrow, runObserved, type OutputOptions } from "./observe-result.ts";
export { defaultCapturePolicy, redactValue, type CapturedField, type CapturePolicy } from "./capture/policy.ts";
export { decodedBytes } from "./capture/media.ts";
export { redactSecrets } from "./capture/redact-secrets.ts";
export {
  defineAutolog,
  type Autolog,
  type AutologDefinition,
  type AutologOptions,
  type AutologSession,
  type AutologStatus,
  type DefinedAutolog,
} from "./define-autolog.ts";
export { onAbandoned, type StreamEnd, type StreamObserver } from "./observe-collector.ts";
export { markModelCall, usageBelowModelCall } from "./model-call.ts";
export { observeIterator } from "./observe-stream.ts";
export { watchUnfinished, type GiveUpReason, type UnfinishedWork } from "./observe-unfinished.ts";
export { observeReadableStream } from "./observe-web-stream.ts";
export { observeWhenAwaited, type ThenObserver } from "./observe-when-awaited.ts";
export type { Callable, MethodCall } from "./patched-methods.ts";
export { watchModule, type EntryOptions, type ModuleCopy } from "./watch-module.ts";
export { entryOf, foldUsage, passOver, registerSpan, type SpanEntry, type TraceRecord } from "./span-entry.ts";
export { currentCapturePolicy, safely, tracingRuntime, type TracingRuntime } from "./runtime.ts";
