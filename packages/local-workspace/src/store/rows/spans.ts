import { structValue } from "@duckdb/node-api";
import { spanKindName, statusCodeName, type Span, type TraceRequest } from "@tracelake/wire";
import { Generation } from "../schema/generation.ts";
import { textPlaces } from "../traces/text-attributes.ts";
import {
  encodingOf,
  identifier,
  int32,
  int64,
  list,
  originCells,
  recordCells,
  text,
  type Row,
  type ValueEncoding,
} from "./cells.ts";
import { timeOrderedId } from "./record-id.ts";

/** A span's row and its identity: the same identity is never stored twice. */
export interface SpanRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly row: Row;
  /** See {@link textPlaces}; none where the table keeps types itself. */
  readonly textPlaces: readonly string[];
}

const cellsOf = (span: Span, encoding: ValueEncoding): Row => ({
  trace_state: text(span.traceState),
  parent_span_id: identifier(span.parentSpanId),
  flags: int32(span.flags),
  name: text(span.name),
  kind: spanKindName(span.kind),
  start_time_unix_nano: int64(span.startTimeUnixNano),
  end_time_unix_nano: int64(span.endTimeUnixNano),
  attributes: encoding.attributes(span.attributes),
  dropped_attributes_count: int32(span.droppedAttributesCount),
  events: list(
    span.events.map((event) =>
      structValue({
        time_unix_nano: int64(event.timeUnixNano),
        name: text(event.name),
        attributes: encoding.attributes(event.attributes),
        dropped_attributes_count: int32(event.droppedAttributesCount),
      }),
    ),
  ),
  dropped_events_count: int32(span.droppedEventsCount),
  links: list(
    span.links.map((link) =>
      structValue({
        trace_id: identifier(link.traceId),
        span_id: identifier(link.spanId),
        trace_state: text(link.traceState),
        attributes: encoding.attributes(link.attributes),
        dropped_attributes_count: int32(link.droppedAttributesCount),
        flags: int32(link.flags),
      }),
    ),
  ),
  dropped_links_count: int32(span.droppedLinksCount),
  status: structValue({ message: text(span.status?.message), code: statusCodeName(span.status?.code) }),
});

/** The rows of a trace request. Spans without ids have no identity: they are counted and left out. */
export const spanRows = (
  request: TraceRequest,
  generation: Generation,
): { readonly rows: SpanRow[]; readonly rejected: number } => {
  const encoding = encodingOf(generation);
  const rows: SpanRow[] = [];
  let rejected = 0;
  for (const { resource, scopeSpans, schemaUrl: resourceSchemaUrl } of request.resourceSpans) {
    for (const { scope, spans, schemaUrl } of scopeSpans) {
      const origin = originCells(encoding, { resource, resourceSchemaUrl, scope });
      for (const span of spans) {
        const traceId = identifier(span.traceId);
        const spanId = identifier(span.spanId);
        if (traceId === null || spanId === null) {
          rejected += 1;
          continue;
        }
        const row: Row = {
          ...recordCells(timeOrderedId(), int64(span.startTimeUnixNano), resource),
          trace_id: traceId,
          span_id: spanId,
          ...cellsOf(span, encoding),
          ...origin,
          span_schema_url: text(schemaUrl),
        };
        rows.push({ traceId, spanId, row, textPlaces: generation === Generation.V1 ? textPlaces(span) : [] });
      }
    }
  }
  return { rows, rejected };
};
