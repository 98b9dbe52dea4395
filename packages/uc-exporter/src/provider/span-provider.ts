import {
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import type { ReadableSpan, SpanListener } from "../readable-span.ts";
import { RecordingSpan } from "./recording-span.ts";
import type { Sampler } from "./sampler.ts";
import { isSuppressed } from "./suppression.ts";

/** What a provider is made of. */
export interface SpanProviderOptions {
  readonly resource: ReadableSpan["resource"];
  readonly sampler: Sampler;
  readonly listener: SpanListener;
}

const idBytes = Buffer.allocUnsafe(16);

// An id of nothing but zeros says that there is none.
const randomId = (bytes: 8 | 16): string => {
  for (let at = 0; at < bytes; at += 4) idBytes.writeUInt32BE((Math.random() * 0x1_0000_0000) >>> 0, at);
  const id = idBytes.toString("hex", 0, bytes);
  return /^0+$/.test(id) ? `${id.slice(1)}1` : id;
};

type Action = (span: Span) => unknown;

class SpanTracer implements Tracer {
  readonly #scope: ReadableSpan["instrumentationScope"];
  readonly #options: SpanProviderOptions;
  readonly #onEnd: (span: ReadableSpan) => void;

  constructor(scope: ReadableSpan["instrumentationScope"], options: SpanProviderOptions) {
    this.#scope = scope;
    this.#options = options;
    this.#onEnd = (span) => options.listener.onEnd(span);
  }

  startSpan(name: string, options: SpanOptions = {}, from: Context = context.active()): Span {
    if (isSuppressed(from)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const above = options.root === true ? undefined : trace.getSpanContext(from);
    const parent = above !== undefined && isSpanContextValid(above) ? above : undefined;
    const traceId = parent?.traceId ?? randomId(16);
    const isSampled = this.#options.sampler({ from, parent, traceId });
    const spanContext: SpanContext = {
      traceId,
      spanId: randomId(8),
      traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      ...(parent?.traceState === undefined ? {} : { traceState: parent.traceState }),
    };
    if (!isSampled) return trace.wrapSpanContext(spanContext);
    const span = new RecordingSpan({
      name,
      kind: options.kind ?? SpanKind.INTERNAL,
      spanContext,
      parentSpanContext: parent,
      startTime: options.startTime,
      resource: this.#options.resource,
      instrumentationScope: this.#scope,
      onEnd: this.#onEnd,
    });
    if (options.links !== undefined) span.addLinks(options.links);
    if (options.attributes !== undefined) span.setAttributes(options.attributes);
    this.#options.listener.onStart(span, options.root === true ? trace.deleteSpan(from) : from);
    return span;
  }

  startActiveSpan<F extends Action>(name: string, action: F): ReturnType<F>;
  startActiveSpan<F extends Action>(name: string, options: SpanOptions, action: F): ReturnType<F>;
  startActiveSpan<F extends Action>(name: string, options: SpanOptions, from: Context, action: F): ReturnType<F>;
  startActiveSpan(name: string, ...rest: readonly unknown[]): unknown {
    const action = rest.at(-1) as Action;
    const options = (rest.length > 1 ? rest[0] : {}) as SpanOptions;
    const from = (rest.length > 2 ? rest[1] : context.active()) as Context;
    const span = this.startSpan(name, options, from);
    return context.with(trace.setSpan(from, span), () => action(span));
  }
}

/**
 * Makes Tracelake's own spans. It is an OpenTelemetry provider and nothing more: OpenTelemetry's SDK would take longer to
 * load than everything else that recording needs, and several times its place on the disk.
 */
export class SpanProvider implements TracerProvider {
  readonly #options: SpanProviderOptions;
  readonly #tracers = new Map<string, Tracer>();

  constructor(options: SpanProviderOptions) {
    this.#options = options;
  }

  getTracer(name: string, version?: string): Tracer {
    const key = `${name}@${version ?? ""}`;
    const known = this.#tracers.get(key);
    if (known !== undefined) return known;
    const tracer = new SpanTracer(version === undefined ? { name } : { name, version }, this.#options);
    this.#tracers.set(key, tracer);
    return tracer;
  }
}
