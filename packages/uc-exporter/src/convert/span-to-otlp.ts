import { SpanStatusCode, type Attributes, type HrTime, type Link, type SpanStatus } from "@opentelemetry/api";
import {
  mlflowAttributePrefix,
  SpanAttributeKey,
  StatusCode,
  type EncodableSpan,
  type JsonAttribute,
  type JsonValue,
} from "@tracelake/wire";
import type { ReadableSpan, TimedEvent } from "../readable-span.ts";
import { cutMarked } from "./cut-span.ts";
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

// Asked for every attribute: `some` would make a function each time.
const hasKey = (attributes: readonly JsonAttribute[], key: string): boolean => {
  for (const attribute of attributes) if (attribute.key === key) return true;
  return false;
};

/**
 * Attributes as JSON: MLflow's values, which OpenTelemetry keeps as text, and everybody else's as they are. Those in `own`
 * come first, and take the place of others of their names.
 */
const toAttributes = (
  attributes: Attributes,
  own: readonly JsonAttribute[] = [],
  structuredKeys?: ReadonlySet<string>,
): JsonAttribute[] => {
  const entries = [...own];
  let parsed: { readonly text: string; readonly json: JsonValue } | undefined;
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value === undefined || hasKey(own, key)) continue;
    if (typeof value === "string" && isStructured(key, value, structuredKeys)) {
      // The tools offered to a model, often the longest text of all, stand under two keys in a row.
      if (parsed?.text !== value) parsed = { text: value, json: parsedOrText(value) };
      entries.push({ key, json: parsed.json });
    } else entries.push({ key, json: value as JsonValue });
  }
  return entries;
};

const longestTextOfLargeSpan = 1024 * 1024;

// A text of hundreds of megabytes would be copied several times on its way to a destination that refuses it.
const cutTexts = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) =>
      typeof value === "string" ? [key, cutMarked(value, longestTextOfLargeSpan)] : [key, value],
    ),
  );

const toEvent = (event: TimedEvent): EncodableSpan["events"][number] => ({
  timeUnixNano: toUnixNano(event.time),
  name: event.name,
  attributes: toAttributes(event.attributes ?? {}),
  ...(event.droppedAttributesCount ? { droppedAttributesCount: event.droppedAttributesCount } : {}),
});

const toLink = (link: Link): EncodableSpan["links"][number] => ({
  traceId: link.context.traceId,
  spanId: link.context.spanId,
  attributes: toAttributes(link.attributes ?? {}),
});

const success: EncodableSpan["status"] = { code: StatusCode.STATUS_CODE_OK };

// `OK` where the SDK leaves success unset: a reader would otherwise see a state of its own.
const toStatus = ({ code, message }: SpanStatus): EncodableSpan["status"] => {
  if (code !== SpanStatusCode.ERROR) return success;
  return { code: StatusCode.STATUS_CODE_ERROR, ...(message === undefined ? {} : { message }) };
};

/** What of a span may hold arrays of its application's. */
export type SpanValues = Pick<ReadableSpan, "attributes" | "events" | "links">;

/** What converting a span needs to know beside the span. */
export interface SpanConversion {
  /**
   * The span it hangs on here. `undefined` for the first of its trace here: that is written without its parent, and linked
   * to it.
   */
  readonly parentSpanId: string | undefined;
  /** What the span has as it was when it ended. */
  readonly values: SpanValues;
  /** What MLflow calls the trace at the destination. */
  readonly traceRequestId: string;
  readonly structuredKeys: ReadonlySet<string> | undefined;
  /** The span is larger than any destination takes. */
  readonly isLarge: boolean;
}

/**
 * An ended span in OTLP's form, with MLflow's values structured as MLflow's Python client writes them.
 */
export const toOtlpSpan = (span: ReadableSpan, conversion: SpanConversion): EncodableSpan => {
  const { parentSpanId, structuredKeys, isLarge } = conversion;
  const { traceId, spanId, traceState, traceFlags } = span.spanContext();
  const parent = span.parentSpanContext;
  const { attributes, events } = conversion.values;
  const links = conversion.values.links.map(toLink);
  if (parentSpanId === undefined && parent !== undefined && parent.spanId !== "")
    links.push({ traceId: parent.traceId, spanId: parent.spanId, attributes: [] });
  const logLevel = logLevelOf({ attributes, events });
  const own: JsonAttribute[] = [{ key: SpanAttributeKey.TRACE_REQUEST_ID, json: conversion.traceRequestId }];
  if (logLevel !== undefined) own.push({ key: SpanAttributeKey.LOG_LEVEL, json: logLevel });
  // Every span has the same fields, if only as `undefined`: objects of one form are read several times as fast.
  return {
    traceId,
    spanId,
    traceState: traceState?.serialize() || undefined,
    parentSpanId,
    flags: traceFlags,
    name: String(span.name),
    kind: span.kind + 1,
    startTimeUnixNano: toUnixNano(span.startTime),
    endTimeUnixNano: toUnixNano(span.endTime),
    attributes: toAttributes(isLarge ? cutTexts(attributes) : attributes, own, structuredKeys),
    droppedAttributesCount: span.droppedAttributesCount,
    events: events.map(toEvent),
    droppedEventsCount: span.droppedEventsCount,
    links,
    droppedLinksCount: span.droppedLinksCount,
    status: toStatus(span.status),
  };
};

const validNano = (time: HrTime): bigint => {
  try {
    return toUnixNano(time);
  } catch {
    return BigInt(Date.now()) * 1_000_000n;
  }
};

/** A span without its values, for one whose values cannot be written: its place in the trace, its times and why. */
export const toSkeletonSpan = (
  span: ReadableSpan,
  of: { readonly parentSpanId: string | undefined; readonly traceRequestId: string; readonly reason: unknown },
): EncodableSpan => {
  const { traceId, spanId } = span.spanContext();
  const { parentSpanId } = of;
  const reason = of.reason instanceof Error ? of.reason.message : String(of.reason);
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: typeof span.name === "string" ? span.name : "unnamed",
    kind: 1,
    startTimeUnixNano: validNano(span.startTime),
    endTimeUnixNano: validNano(span.endTime),
    attributes: [
      { key: SpanAttributeKey.TRACE_REQUEST_ID, json: of.traceRequestId },
      { key: "tracelake.encode_error", json: reason.slice(0, 500) },
    ],
    events: [],
    links: [],
    droppedAttributesCount: Object.keys(span.attributes).length,
    status: toStatus({ code: span.status.code }),
  };
};
