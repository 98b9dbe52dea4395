import { DuckDBListValue, DuckDBStructValue, type DuckDBConnection, type DuckDBValue } from "@duckdb/node-api";
import {
  SpanKind,
  StatusCode,
  tablesOf,
  type KeyValue,
  type Span,
  type SpanEvent,
  type SpanLink,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { Generation, generationOf } from "../schema/generation.ts";
import { quoteQualified } from "../schema/names.ts";
import { tracesWithIds } from "../schema/trace-facts.ts";
import { inScope } from "../schema/views.ts";
import { anyValueOf, keyValuesOf } from "./any-value-of.ts";
import { structuredMlflowValues } from "./structured-values.ts";
import { placeOfAttribute, readTextPlaces } from "./text-attributes.ts";

type Cells = Readonly<Record<string, DuckDBValue>>;
type Owner = Parameters<typeof placeOfAttribute>[1];

// v1's texts, beside what they are when read as JSON.
const typedEntries = (attributes: string): string =>
  `list_transform(map_entries(${attributes}), entry -> {'key': entry.key, 'text': entry.value, 'value': TRY_CAST(entry.value AS JSON)::VARIANT})`;

const replaced = (list: string): string =>
  `list_transform(${list}, item -> struct_update(item, attributes := ${typedEntries("item.attributes")})) AS ${list}`;

const columnsSql = (generation: Generation): string =>
  generation === Generation.V1
    ? `* REPLACE (${typedEntries("attributes")} AS attributes, ${replaced("events")}, ${replaced("links")})`
    : "*";

const cellsOf = (value: DuckDBValue): Cells => (value instanceof DuckDBStructValue ? value.entries : {});
const itemsOf = (value: DuckDBValue): readonly DuckDBValue[] => (value instanceof DuckDBListValue ? value.items : []);

const text = (cells: Cells, name: string): string | undefined => {
  const value = cells[name];
  return typeof value === "string" ? value : undefined;
};
const integer = (cells: Cells, name: string): bigint | undefined => {
  const value = cells[name];
  return typeof value === "bigint" ? value : undefined;
};

/** A field, where there is one. */
const field = <Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } =>
  (value === undefined ? {} : { [name]: value }) as { [key in Name]?: Value };

const attributesReader =
  (texts: ReadonlySet<string> | undefined, generation: Generation) =>
  (value: DuckDBValue, owner: Owner, index: number): KeyValue[] => {
    if (generation !== Generation.V1) return keyValuesOf(value);
    return itemsOf(value).map((item): KeyValue => {
      const { key, text: given = null, value: typed = null } = cellsOf(item);
      const name = String(key);
      if (given === null) return { key: name, value: {} };
      const isText = typed === null || texts?.has(placeOfAttribute(name, owner, index)) === true;
      return { key: name, value: isText ? { stringValue: String(given) } : anyValueOf(typed) };
    });
  };

type ReadAttributes = ReturnType<typeof attributesReader>;

const eventOf = (cells: Cells, index: number, read: ReadAttributes): SpanEvent => ({
  ...field("timeUnixNano", integer(cells, "time_unix_nano")),
  ...field("name", text(cells, "name")),
  attributes: read(cells["attributes"] ?? null, "event", index),
});

const linkOf = (cells: Cells, index: number, read: ReadAttributes): SpanLink => ({
  ...field("traceId", text(cells, "trace_id")),
  ...field("spanId", text(cells, "span_id")),
  ...field("traceState", text(cells, "trace_state")),
  attributes: read(cells["attributes"] ?? null, "link", index),
});

const numberIn = (names: Readonly<Record<string, number>>, name: string | undefined): number | undefined =>
  name === undefined ? undefined : names[name];

const spanOf = (row: Cells, read: ReadAttributes): Span => {
  const status = cellsOf(row["status"] ?? null);
  return structuredMlflowValues({
    ...field("traceId", text(row, "trace_id")),
    ...field("spanId", text(row, "span_id")),
    ...field("traceState", text(row, "trace_state")),
    ...field("parentSpanId", text(row, "parent_span_id")),
    ...field("name", text(row, "name")),
    ...field("kind", numberIn(SpanKind, text(row, "kind"))),
    ...field("startTimeUnixNano", integer(row, "start_time_unix_nano")),
    ...field("endTimeUnixNano", integer(row, "end_time_unix_nano")),
    attributes: read(row["attributes"] ?? null, "span", 0),
    events: itemsOf(row["events"] ?? null).map((item, index) => eventOf(cellsOf(item), index, read)),
    links: itemsOf(row["links"] ?? null).map((item, index) => linkOf(cellsOf(item), index, read)),
    status: {
      ...field("message", text(status, "message")),
      ...field("code", numberIn(StatusCode, text(status, "code"))),
    },
  });
};

/** The spans of traces by the id of their trace, in the order in which they began. */
export const readSpans = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  otelTraceIds: readonly string[],
): Promise<Map<string, Span[]>> => {
  if (otelTraceIds.length === 0) return new Map();
  const generation = generationOf(location);
  const texts = generation === Generation.V1 ? await readTextPlaces(connection, location, otelTraceIds) : new Map();
  const table = tablesOf(location).spans;
  const condition = inScope(table, "TRUE", tracesWithIds(otelTraceIds)("trace_id"));
  const found = await connection.runAndReadAll(
    `SELECT ${columnsSql(generation)} FROM ${quoteQualified(table)} WHERE ${condition} ORDER BY start_time_unix_nano, span_id`,
  );
  const spans = new Map<string, Span[]>();
  for (const row of found.getRowObjects()) {
    const otelTraceId = String(row["trace_id"]);
    const read = attributesReader(texts.get(`${otelTraceId}:${String(row["span_id"])}`), generation);
    const list = spans.get(otelTraceId) ?? [];
    list.push(spanOf(row, read));
    spans.set(otelTraceId, list);
  }
  return spans;
};
