import {
  diag,
  INVALID_SPAN_CONTEXT,
  ProxyTracerProvider,
  trace,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import { formatTraceId } from "@tracelake/wire";
import { defaultCapturePolicy, type CapturePolicy } from "./capture/policy.ts";
import type { SpanEntry } from "./span-entry.ts";

/** What connects this package with whoever exports the spans it makes. */
export interface TracingRuntime {
  /** Called when a span is wanted and no provider is there yet; returns one, or `undefined` to stay silent. */
  start: (() => TracerProvider | undefined) | undefined;
  provider: TracerProvider | undefined;
  policy: CapturePolicy;
  /** The MLflow id of a trace, which depends on its destination. */
  formatTraceId: (otelTraceId: string) => string;
  lastActiveTraceId: string | undefined;
  /** Whether no new traces are begun. */
  isDisabled?: boolean;
  /** The entries of spans that take no property. */
  readonly entries: WeakMap<object, SpanEntry>;
}

const key = Symbol.for("tracelake.tracing.runtime.1");

const isRuntime = (value: unknown): value is TracingRuntime =>
  typeof value === "object" && value !== null && "entries" in value;

const findRuntime = (): TracingRuntime => {
  const held: unknown = Reflect.get(globalThis, key);
  if (isRuntime(held)) return held;
  const runtime: TracingRuntime = {
    start: undefined,
    provider: undefined,
    policy: defaultCapturePolicy,
    formatTraceId: (otelTraceId) => formatTraceId(otelTraceId),
    lastActiveTraceId: undefined,
    entries: new WeakMap(),
  };
  Reflect.set(globalThis, key, runtime);
  return runtime;
};

let foundRuntime: TracingRuntime | undefined;

/** One per process, also where the ESM and the CommonJS build are both loaded. */
export const tracingRuntime = (): TracingRuntime => (foundRuntime ??= findRuntime());

/** The capture policy in force, for plugins that would otherwise keep more than may be recorded. */
export const currentCapturePolicy = (): CapturePolicy => tracingRuntime().policy;

const scopeName = "tracelake";
/** A span that records nothing. */
export const silentSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

const silentTracer = new ProxyTracerProvider().getTracer(scopeName);

/**
 * The tracer of the given provider, or of the process's own, which is started on first use. Where an exporter is
 * installed but could not start, spans go nowhere rather than into the application's own telemetry.
 */
export const tracerOf = (provider: TracerProvider | undefined): Tracer => {
  const runtime = tracingRuntime();
  if (provider !== undefined) return provider.getTracer(scopeName);
  if (runtime.provider !== undefined) return runtime.provider.getTracer(scopeName);
  if (runtime.start === undefined) return trace.getTracer(scopeName);
  runtime.provider = safely(runtime.start, undefined);
  return runtime.provider?.getTracer(scopeName) ?? silentTracer;
};

/** Runs what tracing does on its own behalf: a failure is reported to OpenTelemetry's `diag`, never to the application. */
export const safely = <T>(action: () => T, fallback: T): T => {
  try {
    return action();
  } catch (error) {
    try {
      diag.error("Tracelake could not record a part of a trace", error);
    } catch {
      // A logger of the application's that throws is not a reason to fail the application.
    }
    return fallback;
  }
};
