import { SpanStatusCode, type Attributes, type AttributeValue, type HrTime, type Link } from "@opentelemetry/api";
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base";
import {
  mlflowAttributePrefix,
  SpanAttributeKey,
  StatusCode,
  toAnyValue,
  type AnyValue,
  type JsonValue,
  type KeyValue,
  type Span,
  type SpanEvent,
  type SpanLink,
} from "@tracelake/wire";
import { logLevelOf } from "./log-level.ts";

const nanosPerSecond = 1_000_000_000n;

/** Nanoseconds since 1970 of OpenTelemetry's pair of seconds and nanoseconds. */
export const toUnixNano = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * nanosPerSecond + BigInt(nanos);

const alwaysJson: ReadonlySet<string> = new Set([
  SpanAttributeKey.INPUTS,
  SpanAttributeKey.OUTPUTS,
  SpanAttributeKey.CHAT_TOOLS,
  SpanAttributeKey.TOKEN_USAGE,
]);

// Other MLflow SDKs keep every one of their attributes as JSON text, plain strings in quotes included.
const looksLikeJson = (text: string): boolean => /^["[{]/.test(text);

const isStructured = (key: string, text: string, structuredKeys: ReadonlySet<string> | undefined): boolean =>
  structuredKeys?.has(key) === true ||
  alwaysJson.has(key) ||
  (key.startsWith(mlflowAttributePrefix) && looksLikeJson(text));

const parsedOrText = (text: string): JsonValue => {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
};

const toValue = (value: AttributeValue): AnyValue =>
  Array.isArray(value) ? { arrayValue: { values: value.map((item) => toAnyValue(item ?? null)) } } : toAnyValue(value);

const toAttributes = (attributes: Attributes, structuredKeys?: ReadonlySet<string>): KeyValue[] => {
  const entries: KeyValue[] = [];
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const isJson = typeof value === "string" && isStructured(key, value, structuredKeys);
    entries.push({ key, value: isJson ? toAnyValue(parsedOrText(value)) : toValue(value) });
  }
  return entries;
};

const withLogLevel = (span: ReadableSpan): Attributes => {
  const logLevel = logLevelOf(span);
  return logLevel === undefined ? span.attributes : { ...span.attributes, [SpanAttributeKey.LOG_LEVEL]: logLevel };
};

const toEvent = (event: TimedEvent): SpanEvent => ({
  timeUnixNano: toUnixNano(event.time),
  name: event.name,
  attributes: toAttributes(event.attributes ?? {}),
  ...(event.droppedAttributesCount ? { droppedAttributesCount: event.droppedAttributesCount } : {}),
});

const toLink = (link: Link): SpanLink => ({
  traceId: link.context.traceId,
  spanId: link.context.spanId,
  attributes: toAttributes(link.attributes ?? {}),
});

/** What converting a span needs to know beside the span. */
export interface SpanConversion {
  /** The span is the first of its trace here: it is written without its parent, and linked to it. */
  readonly isRoot: boolean;
  readonly structuredKeys?: ReadonlySet<string>;
}

/**
 * An ended span in OTLP's form, with MLflow's values structured as MLflow's Python client writes them, and `OK` where the
 * SDK leaves success unset: a reader would otherwise see a state of its own.
 */
export const toOtlpSpan = (span: ReadableSpan, { isRoot, structuredKeys }: SpanConversion): Span => {
  const { traceId, spanId, traceState, traceFlags } = span.spanContext();
  const parent = span.parentSpanContext;
  const links = span.links.map(toLink);
  if (isRoot && parent !== undefined && parent.spanId !== "")
    links.push({ traceId: parent.traceId, spanId: parent.spanId, attributes: [] });
  const isError = span.status.code === SpanStatusCode.ERROR;
  const state = traceState?.serialize();
  return {
    traceId,
    spanId,
    ...(state ? { traceState: state } : {}),
    ...(isRoot || parent === undefined ? {} : { parentSpanId: parent.spanId }),
    flags: traceFlags,
    name: String(span.name),
    kind: span.kind + 1,
    startTimeUnixNano: toUnixNano(span.startTime),
    endTimeUnixNano: toUnixNano(span.endTime),
    attributes: toAttributes(withLogLevel(span), structuredKeys),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(toEvent),
    droppedEventsCount: span.droppedEventsCount,
    links,
    droppedLinksCount: span.droppedLinksCount,
    status: {
      code: isError ? StatusCode.STATUS_CODE_ERROR : StatusCode.STATUS_CODE_OK,
      ...(isError && span.status.message !== undefined ? { message: span.status.message } : {}),
    },
  };
};
