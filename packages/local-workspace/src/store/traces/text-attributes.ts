import type { DuckDBConnection } from "@duckdb/node-api";
import type { KeyValue, Span } from "@tracelake/wire";
import { quoteName } from "../../quote-sql.ts";
import { attachedName, internalSchema } from "../schema/names.ts";
import { tracesWithIds } from "../schema/trace-facts.ts";

/** Where an attribute stands in a span: its own, or one of an event or a link. */
export const placeOfAttribute = (key: string, owner: "span" | "event" | "link" = "span", index = 0): string =>
  `${owner}${owner === "span" ? "" : index}:${key}`;

// Only these can begin a JSON text; most texts begin otherwise and need no closer look.
const mayBeJson = /^\s*(?:[[{"\d-]|true|false|null)/;

const readsAsJson = (text: string): boolean => {
  if (!mayBeJson.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const textsIn = (attributes: readonly KeyValue[]): string[] =>
  attributes.flatMap(({ key, value = {} }) =>
    "stringValue" in value && readsAsJson(value.stringValue ?? "") ? [key] : [],
  );

/**
 * The attributes of a span that are texts and could be read as something else. The tables of v1 hold everything as text:
 * whether `1` was a number is kept apart.
 */
export const textPlaces = (span: Span): string[] => [
  ...textsIn(span.attributes).map((key) => placeOfAttribute(key)),
  ...span.events.flatMap(({ attributes }, index) =>
    textsIn(attributes).map((key) => placeOfAttribute(key, "event", index)),
  ),
  ...span.links.flatMap(({ attributes }, index) =>
    textsIn(attributes).map((key) => placeOfAttribute(key, "link", index)),
  ),
];

const tableOf = (catalog: string): string => `${quoteName(attachedName(catalog))}.${internalSchema}.text_attributes`;

/** Remembers {@link textPlaces}, within the connection's transaction. */
export const writeTextPlaces = async (
  connection: DuckDBConnection,
  { catalog, schema }: { readonly catalog: string; readonly schema: string },
  spans: readonly { readonly traceId: string; readonly spanId: string; readonly textPlaces: readonly string[] }[],
): Promise<void> => {
  const noted = spans.filter(({ textPlaces: places }) => places.length > 0);
  for (const { traceId, spanId, textPlaces: places } of noted) {
    await connection.run(`INSERT INTO ${tableOf(catalog)} VALUES ($1, $2, $3, from_json($4, '["VARCHAR"]'))`, [
      schema.toLowerCase(),
      traceId,
      spanId,
      JSON.stringify(places),
    ]);
  }
};

/** The places of {@link textPlaces} by span id, for the spans of some traces. */
export const readTextPlaces = async (
  connection: DuckDBConnection,
  { catalog, schema }: { readonly catalog: string; readonly schema: string },
  otelTraceIds: readonly string[],
): Promise<Map<string, ReadonlySet<string>>> => {
  const found = await connection.runAndReadAll(
    `SELECT trace_id || ':' || span_id, to_json(places)::VARCHAR FROM ${tableOf(catalog)} WHERE lower(table_schema) = $1${tracesWithIds(otelTraceIds)("trace_id")}`,
    [schema.toLowerCase()],
  );
  return new Map(
    found.getRows().map(([span, places]) => [String(span), new Set(JSON.parse(String(places)) as string[])]),
  );
};
