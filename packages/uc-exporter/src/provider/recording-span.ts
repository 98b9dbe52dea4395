import {
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  type TimeInput,
} from "@opentelemetry/api";
import type { ReadableSpan, RecordedLink, TimedEvent } from "../readable-span.ts";
import { isBefore, isTimeInput, SpanClock } from "./span-clock.ts";

/** What a new span is. */
export interface RecordingSpanOptions {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: SpanContext;
  readonly parentSpanContext: SpanContext | undefined;
  readonly startTime: TimeInput | undefined;
  readonly resource: ReadableSpan["resource"];
  readonly instrumentationScope: ReadableSpan["instrumentationScope"];
  readonly onEnd: (span: ReadableSpan) => void;
}

// What may be recorded is the capture policy's business; these keep a mistake from filling the memory.
const mostAttributes = 1024;
const mostEvents = 10_000;
const mostLinks = 1024;

const isPrimitive = (value: unknown): boolean => {
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean";
};

const isUniform = (items: readonly unknown[]): boolean => {
  const first = items.find((item) => item !== null && item !== undefined);
  return items.every(
    (item) => item === null || item === undefined || (isPrimitive(item) && typeof item === typeof first),
  );
};

// A proxy can throw at whatever it is asked, also at whether it is an array.
const isAttributeValue = (value: unknown): value is AttributeValue => {
  try {
    return Array.isArray(value) ? isUniform(value) : isPrimitive(value);
  } catch {
    return false;
  }
};

const copyAttributes = (given: Attributes | undefined): Attributes | undefined => {
  if (given === undefined || given === null) return undefined;
  const taken: Attributes = {};
  for (const key of Object.keys(given).slice(0, mostAttributes)) {
    const value = given[key];
    if (key !== "" && isAttributeValue(value)) taken[key] = value;
  }
  return taken;
};

/**
 * A span that is recorded, by the rules of OpenTelemetry's API: what is said after its end has no effect, and nothing that is
 * said throws, also where a caller without types says nothing at all.
 */
export class RecordingSpan implements Span, ReadableSpan {
  name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly attributes: Attributes = {};
  readonly links: RecordedLink[] = [];
  readonly events: TimedEvent[] = [];
  readonly resource: ReadableSpan["resource"];
  readonly instrumentationScope: ReadableSpan["instrumentationScope"];
  status: SpanStatus = { code: SpanStatusCode.UNSET };
  endTime: HrTime = [0, 0];
  droppedAttributesCount = 0;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  readonly #context: SpanContext;
  readonly #clock: SpanClock;
  readonly #onEnd: (span: ReadableSpan) => void;
  #attributeCount = 0;
  #isEnded = false;

  constructor(options: RecordingSpanOptions) {
    this.name = options.name;
    this.kind = options.kind;
    if (options.parentSpanContext !== undefined) this.parentSpanContext = options.parentSpanContext;
    this.resource = options.resource;
    this.instrumentationScope = options.instrumentationScope;
    this.#context = options.spanContext;
    this.#clock = new SpanClock(options.startTime);
    this.#onEnd = options.onEnd;
  }

  get startTime(): HrTime {
    return this.#clock.startTime;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  isRecording(): boolean {
    return !this.#isEnded;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.#isEnded || key === "" || !isAttributeValue(value)) return this;
    if (this.attributes[key] === undefined && ++this.#attributeCount > mostAttributes) this.droppedAttributesCount++;
    else this.attributes[key] = value;
    return this;
  }

  setAttributes(attributes: Attributes | null | undefined): this {
    if (attributes === null || attributes === undefined) return this;
    for (const key of Object.keys(attributes)) {
      const value = attributes[key];
      if (value !== undefined) this.setAttribute(key, value);
    }
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#isEnded) return this;
    const isTime = isTimeInput(attributesOrTime);
    const attributes = isTime ? undefined : copyAttributes(attributesOrTime);
    const at = this.#clock.read(time ?? (isTime ? attributesOrTime : undefined));
    this.events.push({ name, time: at, attributes: attributes ?? {}, droppedAttributesCount: 0 });
    if (this.events.length <= mostEvents) return this;
    this.events.shift();
    this.droppedEventsCount++;
    return this;
  }

  addLink(link: Link | null | undefined): this {
    if (this.#isEnded || link === null || link === undefined) return this;
    const attributes = copyAttributes(link.attributes);
    this.links.push(attributes === undefined ? { context: link.context } : { context: link.context, attributes });
    if (this.links.length <= mostLinks) return this;
    this.links.shift();
    this.droppedLinksCount++;
    return this;
  }

  addLinks(links: Link[] | null | undefined): this {
    for (const link of links ?? []) this.addLink(link);
    return this;
  }

  // https://opentelemetry.io/docs/specs/otel/trace/api/#set-status: OK is final, and only an error has a message.
  setStatus(status: SpanStatus | null | undefined): this {
    const { code, message }: Partial<SpanStatus> = status ?? {};
    if (this.#isEnded || code === undefined || code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK)
      return this;
    this.status = code === SpanStatusCode.ERROR && typeof message === "string" ? { code, message } : { code };
    return this;
  }

  updateName(name: string): this {
    if (!this.#isEnded) this.name = name;
    return this;
  }

  recordException(exception: Exception | null | undefined, time?: TimeInput): void {
    const { code, name, message, stack }: Exclude<Exception, string> =
      typeof exception === "object" && exception !== null ? exception : { message: String(exception) };
    const type = code ?? name;
    this.addEvent(
      "exception",
      {
        ...(type === undefined ? {} : { "exception.type": String(type) }),
        ...(message === undefined ? {} : { "exception.message": message }),
        ...(stack === undefined ? {} : { "exception.stacktrace": stack }),
      },
      time,
    );
  }

  end(endTime?: TimeInput): void {
    if (this.#isEnded) return;
    const end = this.#clock.read(endTime);
    this.endTime = isBefore(end, this.startTime) ? this.startTime : end;
    this.#isEnded = true;
    this.#onEnd(this);
  }
}
