import {
  anyValueText,
  fromKeyValues,
  parseTraceId,
  readAnyValueText,
  readSpanJson,
  statusCodeName,
  stringifyJson,
  toAnyValue,
  toKeyValues,
  type AnyValue,
  type JsonValue,
  type Span,
} from "@tracelake/wire";
import { z } from "zod";

const attributesSchema = z.record(z.string(), z.unknown());

const spanSchema = z.looseObject({
  trace_id: z.string(),
  span_id: z.string(),
  parent_span_id: z.string().nullish(),
  name: z.string(),
  start_time_unix_nano: z.union([z.bigint(), z.number()]).optional(),
  end_time_unix_nano: z.union([z.bigint(), z.number()]).nullish(),
  status: z.looseObject({ code: z.string(), message: z.string().nullish() }),
  attributes: attributesSchema.default({}),
  events: z
    .array(
      z.looseObject({
        name: z.string(),
        time_unix_nano: z.union([z.bigint(), z.number()]),
        attributes: attributesSchema.nullish(),
      }),
    )
    .default([]),
  links: z
    .array(z.looseObject({ trace_id: z.string(), span_id: z.string(), attributes: attributesSchema.nullish() }))
    .default([]),
});

/** The file in which clients leave the spans of a trace. */
export const traceDataSchema = z.looseObject({ spans: z.array(spanSchema).default([]) });

type SpanData = z.infer<typeof spanSchema>;

const json = (value: unknown): JsonValue => value as JsonValue;

// Attributes are JSON texts here.
const attributeValue = (value: unknown): AnyValue => {
  if (typeof value !== "string") return toAnyValue(json(value));
  try {
    return readAnyValueText(value);
  } catch {
    return { stringValue: value };
  }
};

const spanOf = (data: SpanData): Span => {
  const span = readSpanJson({
    ...data,
    parent_span_id: data.parent_span_id ?? "",
    start_time_unix_nano: String(data.start_time_unix_nano ?? 0),
    end_time_unix_nano: String(data.end_time_unix_nano ?? 0),
    status: { code: data.status.code, message: data.status.message ?? "" },
    attributes: [],
    events: [],
    links: [],
  });
  return {
    ...span,
    attributes: Object.entries(data.attributes).map(([key, value]) => ({ key, value: attributeValue(value) })),
    events: data.events.map(({ name, time_unix_nano: time, attributes }) => ({
      name,
      timeUnixNano: BigInt(time),
      attributes: toKeyValues(json(attributes ?? {}) as { [key: string]: JsonValue }),
    })),
    links: data.links.map(({ trace_id: traceId, span_id: spanId, attributes }) => ({
      traceId: parseTraceId(traceId).otelTraceId,
      spanId,
      attributes: toKeyValues(json(attributes ?? {}) as { [key: string]: JsonValue }),
    })),
  };
};

/** The spans of a trace's file. */
export const readTraceData = (data: z.infer<typeof traceDataSchema>): Span[] => data.spans.map(spanOf);

const base64 = (hex: string | undefined): string => Buffer.from(hex ?? "", "hex").toString("base64");

const dataOf = (span: Span): JsonValue => ({
  trace_id: base64(span.traceId),
  span_id: base64(span.spanId),
  parent_span_id: span.parentSpanId === undefined ? null : base64(span.parentSpanId),
  name: span.name ?? "",
  start_time_unix_nano: span.startTimeUnixNano ?? 0n,
  end_time_unix_nano: span.endTimeUnixNano ?? null,
  status: { code: statusCodeName(span.status?.code), message: span.status?.message ?? "" },
  attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, anyValueText(value)])),
  events: span.events.map(({ name = "", timeUnixNano = 0n, attributes }) => ({
    name,
    time_unix_nano: timeUnixNano,
    attributes: fromKeyValues(attributes),
  })),
  links: span.links.map(({ traceId = "", spanId = "", attributes }) => ({
    trace_id: `tr-${traceId}`,
    span_id: spanId,
    attributes: fromKeyValues(attributes),
  })),
});

/** The file of a trace's spans. */
export const writeTraceData = (spans: readonly Span[]): string => stringifyJson({ spans: spans.map(dataOf) });
