import type { InstrumentationScope } from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import {
  encodeTraceRequest,
  formatTraceId,
  SpanAttributeKey,
  toAnyValue,
  toKeyValues,
  type JsonValue,
  type KeyValue,
  type Span,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { EndedTrace } from "../convert/trace-info.ts";

/** A span on its way, already in the form it will be written in. */
export interface SpanRecord {
  readonly span: Span;
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  /** What the span takes in memory, roughly. */
  readonly estimatedBytes: number;
}

/** One thing for a destination. They are separate, so that the loss of one is never the loss of the other. */
export type PipelineRecord =
  | { readonly kind: "span"; readonly span: SpanRecord }
  | { readonly kind: "trace"; readonly trace: EndedTrace; readonly estimatedBytes: number };

/** What a record takes in memory, roughly. */
export const bytesOf = (record: PipelineRecord): number =>
  record.kind === "span" ? record.span.estimatedBytes : record.estimatedBytes;

const overheadBytes = 400;

/** A cheap estimate: the lengths of the texts, plus a fixed part for each entry. */
export const estimateBytes = (span: ReadableSpan): number => {
  let bytes = attributeBytes(span.attributes) + span.links.length * 100;
  for (const event of span.events) bytes += attributeBytes(event.attributes ?? {});
  return bytes;
};

const attributeBytes = (attributes: Readonly<Record<string, unknown>>): number => {
  let bytes = overheadBytes;
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    bytes +=
      40 + key.length + (typeof value === "string" ? value.length : Array.isArray(value) ? value.length * 16 : 8);
  }
  return bytes;
};

const resourceAttributes = (resource: Resource): KeyValue[] =>
  toKeyValues(resource.attributes as Record<string, JsonValue>);

const groupBy = <T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> => {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
};

/**
 * The OTLP protobuf request for a batch. Every span carries its MLflow trace id, which depends on where it is going.
 *
 * Databricks' own client writes no instrumentation scope; ours names its scope, as a second OpenTelemetry library in the
 * same table could otherwise not be told apart.
 */
export const encodeSpans = (records: readonly SpanRecord[], location: UnityCatalogLocation | undefined): Uint8Array =>
  encodeTraceRequest({
    resourceSpans: [...groupBy(records, (record) => record.resource)].map(([resource, ofResource]) => ({
      resource: { attributes: resourceAttributes(resource) },
      scopeSpans: [...groupBy(ofResource, (record) => record.scope)].map(([scope, ofScope]) => ({
        scope: { name: scope.name, attributes: [], ...(scope.version === undefined ? {} : { version: scope.version }) },
        spans: ofScope.map(({ span }) => withTraceRequestId(span, location)),
      })),
    })),
  });

const withTraceRequestId = (span: Span, location: UnityCatalogLocation | undefined): Span => ({
  ...span,
  attributes: [
    { key: SpanAttributeKey.TRACE_REQUEST_ID, value: toAnyValue(formatTraceId(span.traceId ?? "", location)) },
    ...span.attributes.filter(({ key }) => key !== SpanAttributeKey.TRACE_REQUEST_ID),
  ],
});
