import {
  context,
  SpanStatusCode,
  type AttributeValue,
  type Context,
  type Span,
  type SpanContext,
  type TimeInput,
} from "@opentelemetry/api";
import { mlflowAttributePrefix, SpanAttributeKey, type SpanType, type TokenUsage } from "@tracelake/wire";
import {
  captureJson,
  captureScalar,
  captureText,
  isRecordedAsIs,
  type CapturedField,
  type CapturePolicy,
} from "./capture/policy.ts";
import { safely, tracingRuntime } from "./runtime.ts";
import { contextInside } from "./sampling.ts";
import { addUsage, noteStructured, type SpanEntry } from "./span-entry.ts";

/** How a span ended. OpenTelemetry's third status, unset, is never written: MLflow reads success as `OK`. */
export type SpanOutcome = "OK" | "ERROR";

/** What {@link LiveSpan.end} may still say. */
export interface EndOptions {
  /** Recorded unless outputs were set before. */
  readonly outputs?: unknown;
  readonly status?: SpanOutcome;
  readonly endTime?: TimeInput;
}

const isScalar = (value: unknown): value is number | boolean => typeof value === "number" || typeof value === "boolean";

/**
 * A span that has not ended. No method throws, whatever it is given; after {@link LiveSpan.end} none has an effect.
 *
 * Values are copied when they are given, so that changing them afterwards changes nothing in the trace.
 */
export class LiveSpan {
  /** The OpenTelemetry span underneath. */
  readonly otelSpan: Span;
  readonly #entry: SpanEntry;
  readonly #policy: CapturePolicy;

  /** @internal Spans are made by `startSpan`, `withSpan` and `trace`. */
  constructor(otelSpan: Span, entry: SpanEntry, policy: CapturePolicy) {
    this.otelSpan = otelSpan;
    this.#entry = entry;
    this.#policy = policy;
  }

  get name(): string {
    return this.#entry.name;
  }

  /** The MLflow id of the trace: `trace:/<location>/<hex>` in Unity Catalog, `tr-<hex>` elsewhere. */
  get traceId(): string {
    return tracingRuntime().formatTraceId(this.otelSpan.spanContext().traceId);
  }

  /** 16 hexadecimal characters. */
  get spanId(): string {
    return this.otelSpan.spanContext().spanId;
  }

  /** `false` where the span is not sampled or tracing is off: nothing given to it is even looked at. */
  get isRecording(): boolean {
    return !this.#entry.isEnded && this.otelSpan.isRecording();
  }

  /** Whether {@link end} was called, by whichever holder of the span. */
  get isEnded(): boolean {
    return this.#entry.isEnded;
  }

  setInputs(inputs: unknown): this {
    return this.#setCaptured(SpanAttributeKey.INPUTS, inputs, "inputs");
  }

  setOutputs(outputs: unknown): this {
    this.#entry.hasOutputs = true;
    return this.#setCaptured(SpanAttributeKey.OUTPUTS, outputs, "outputs");
  }

  /** One of {@link SpanType}, or any other text. */
  setSpanType(spanType: SpanType | (string & {})): this {
    return this.#record(() => this.otelSpan.setAttribute(SpanAttributeKey.SPAN_TYPE, spanType));
  }

  /**
   * The tokens of this span's model call; they are summed up on the trace. Below a span that is a model call itself they
   * are that span's.
   */
  setTokenUsage(usage: TokenUsage): this {
    return this.#record(() => {
      const callAbove = this.#entry.parent?.modelCall;
      if (callAbove !== undefined) {
        callAbove.usageBelow = addUsage(callAbove.usageBelow, usage);
        return;
      }
      this.#entry.usage = usage;
      this.otelSpan.setAttribute(SpanAttributeKey.TOKEN_USAGE, JSON.stringify(usage));
    });
  }

  /** Objects and arrays are kept structured. */
  setAttribute(key: string, value: unknown): this {
    return this.#record(() => {
      if (typeof value === "string" && isRecordedAsIs(this.#policy, value)) {
        this.otelSpan.setAttribute(key, value);
        return;
      }
      const field = { field: "attribute", key, spanName: this.name } as const;
      if (isScalar(value)) this.otelSpan.setAttribute(key, captureScalar(this.#policy, value, field));
      else if (typeof value === "string") this.otelSpan.setAttribute(key, this.#attributeText(value, field));
      else this.#setStructured(key, captureJson({ ...this.#policy, content: true }, value, field));
    });
  }

  setAttributes(attributes: Readonly<Record<string, unknown>>): this {
    return this.#record(() => {
      for (const key of Object.keys(attributes)) this.setAttribute(key, attributes[key]);
    });
  }

  /**
   * An attribute that is content, such as the tools offered to a model: left out where content is switched off. Under
   * several keys the value is read once.
   */
  setContentAttribute(keys: string | readonly string[], value: unknown): this {
    if (typeof keys !== "string") return this.#setUnderAll(keys, value);
    const key = keys;
    if (typeof value !== "string" || key.startsWith(mlflowAttributePrefix)) {
      return this.#setCaptured(key, value, "attribute");
    }
    return this.#record(() => {
      const text = captureText(this.#policy, value, { field: "attribute", key, spanName: this.name });
      if (text !== undefined) this.otelSpan.setAttribute(key, text);
    });
  }

  /** Adds an event at `time`, or now. Text values are content. */
  addEvent(name: string, attributes: Readonly<Record<string, unknown>> = {}, time?: TimeInput): this {
    return this.#record(() => {
      const captured: Record<string, AttributeValue> = {};
      for (const key of typeof attributes === "object" ? Object.keys(attributes) : []) {
        const value = attributes[key];
        const field = { field: "event", key, spanName: this.name } as const;
        const recorded = isScalar(value) ? captureScalar(this.#policy, value, field) : this.#eventText(value, field);
        if (recorded !== undefined) captured[key] = recorded;
      }
      this.otelSpan.addEvent(name, captured, time);
    });
  }

  /** Links to another span, of this trace or another. */
  addLink(target: LiveSpan | SpanContext): this {
    return this.#record(() =>
      this.otelSpan.addLink({ context: "otelSpan" in target ? target.otelSpan.spanContext() : target }),
    );
  }

  /**
   * Records an `exception` event and marks the span as failed. Beside errors it takes anything with a `message` and perhaps
   * a `name`, such as a failure that came as data.
   */
  recordException(error: unknown): this {
    return this.#record(() => {
      const { type, message, stack } = readError(error);
      const field = { field: "exception", spanName: this.name } as const;
      const text = captureText(this.#policy, message, { ...field, key: "exception.message" });
      const trace =
        stack === undefined ? undefined : captureText(this.#policy, stack, { ...field, key: "exception.stacktrace" });
      this.otelSpan.addEvent("exception", {
        "exception.type": type,
        ...(text === undefined ? {} : { "exception.message": text }),
        ...(trace === undefined ? {} : { "exception.stacktrace": trace }),
      });
      this.#setStatus("ERROR", text === undefined ? type : `${type}: ${text}`);
    });
  }

  /** The message is content, as that of an error is. */
  setStatus(status: SpanOutcome, message?: string): this {
    return this.#record(() => {
      const field = { field: "exception", key: "status.message", spanName: this.name } as const;
      this.#setStatus(status, typeof message === "string" ? captureText(this.#policy, message, field) : undefined);
    });
  }

  /** Ends the span, once. Without an error its status is `OK`. */
  end(options: EndOptions = {}): void {
    if (this.#entry.isEnded) return;
    safely(() => {
      if ("outputs" in options && !this.#entry.hasOutputs) this.setOutputs(options.outputs);
      if (options.status !== undefined) this.setStatus(options.status);
    }, undefined);
    if (!this.#entry.isError) this.setStatus("OK");
    this.#entry.isEnded = true;
    this.#entry.inside = undefined;
    safely(() => {
      if (this.#entry.isRoot && this.otelSpan.isRecording()) tracingRuntime().lastActiveTraceId = this.traceId;
      this.otelSpan.end(options?.endTime);
    }, undefined);
  }

  /** Calls `action` with this span as the active one, so that spans started inside become its children. */
  run<T>(action: () => T): T {
    return context.with(this.contextIn(context.active()), action);
  }

  /** @internal The context in which this span is the active one. */
  contextIn(from: Context): Context {
    return contextInside(from, this.otelSpan, this.#entry.trace.isLeftOut);
  }

  #record(action: () => void): this {
    if (this.isRecording) safely(action, undefined);
    return this;
  }

  #setCaptured(key: string, value: unknown, field: CapturedField["field"]): this {
    return this.#record(() =>
      this.#setStructured(key, captureJson(this.#policy, value, { field, key, spanName: this.name })),
    );
  }

  #setUnderAll(keys: readonly string[], value: unknown): this {
    return this.#record(() => {
      const [field, spanName] = ["attribute", this.name] as const;
      let json: string | undefined;
      for (const key of keys) {
        // A redaction may treat each key in its own way.
        if (json === undefined || this.#policy.redact !== undefined)
          json = captureJson(this.#policy, value, { field, key, spanName });
        this.#setStructured(key, json);
      }
    });
  }

  #setStructured(key: string, json: string | undefined): void {
    if (json === undefined) return;
    noteStructured(this.#entry, key);
    this.otelSpan.setAttribute(key, json);
  }

  #setStatus(status: SpanOutcome, message: string | undefined): void {
    this.#entry.isError = status === "ERROR";
    const code = this.#entry.isError ? SpanStatusCode.ERROR : SpanStatusCode.OK;
    this.otelSpan.setStatus(message === undefined ? { code } : { code, message });
  }

  #attributeText(value: string, field: CapturedField): string {
    return captureText({ ...this.#policy, content: true }, value, field) ?? "";
  }

  #eventText(value: unknown, field: CapturedField): string | undefined {
    return typeof value === "string"
      ? captureText(this.#policy, value, field)
      : captureJson(this.#policy, value, field);
  }
}

// Not by `instanceof`: an error of another realm, such as a test runner's, is one too.
const isErrorLike = (value: unknown): value is object =>
  typeof value === "object" && value !== null && "message" in value;

const readError = (error: unknown): { type: string; message: string; stack?: string } => {
  if (!safely(() => isErrorLike(error), false)) return { type: typeof error, message: safely(() => String(error), "") };
  const read = (key: string): unknown => safely((): unknown => Reflect.get(error as object, key), undefined);
  const maker = read("constructor");
  const made = typeof maker === "function" && maker.name !== "Object" ? maker.name : read("name");
  const stack = read("stack");
  return {
    type: typeof made === "string" && made !== "" ? made : "Error",
    message: safely(() => String(read("message")), ""),
    ...(typeof stack === "string" ? { stack } : {}),
  };
};
