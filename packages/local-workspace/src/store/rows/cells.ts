import {
  DuckDBDateValue,
  DuckDBTimestampValue,
  listValue,
  mapValue,
  structValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import {
  anyValueText,
  fromAnyValue,
  stringifyJson,
  type AnyValue,
  type InstrumentationScope,
  type JsonValue,
  type KeyValue,
  type Resource,
} from "@tracelake/wire";
import type { Generation } from "../schema/generation.ts";

/** A row by column name: it may name columns that only the other generation has. */
export type Row = Readonly<Record<string, DuckDBValue>>;

const largestInt32 = 2 ** 31 - 1;
const largestInt64 = 2n ** 63n - 1n;

/** OTLP counts are unsigned; the tables hold them signed. */
export const int32 = (value: number | undefined): number => Math.min(Math.trunc(value ?? 0), largestInt32);

export const int64 = (value: bigint | undefined): bigint | null =>
  value === undefined ? null : value > largestInt64 ? largestInt64 : value;

/** Text that UTF-8 can hold: JavaScript strings can hold halves of surrogate pairs, which DuckDB refuses. */
export const wellFormed = (value: string): string =>
  /[\ud800-\udfff]/.test(value) ? value.replace(/\p{Surrogate}/gu, "\ufffd") : value;

/** JSON text for a VARIANT. */
export const jsonText = (value: JsonValue): string => stringifyJson(wellFormedJson(value));

const wellFormedJson = (value: JsonValue): JsonValue => {
  if (typeof value === "string") return wellFormed(value);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(wellFormedJson);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [wellFormed(key), wellFormedJson(item)]));
};

/** Text as it is, or nothing. */
export const text = (value: string | undefined): string | null => (value === undefined ? null : wellFormed(value));

/** Text as it is; protobuf does not tell an empty id from an absent one. */
export const identifier = (value: string | undefined): string | null => (value ? value.toLowerCase() : null);

// JSON.stringify writes halves of surrogate pairs as escapes, which DuckDB refuses.
const escapeOrHalf = /\\(?:[^u]|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

const valueText = (value: AnyValue | undefined): string =>
  anyValueText(value).replace(escapeOrHalf, (found) => (found[1] === "u" ? "\ufffd" : found));

const attributesText = (entries: readonly KeyValue[]): string => valueText({ kvlistValue: { values: entries } });

/** v1 keeps strings raw and everything else as JSON text. */
const mapText = (value: AnyValue | undefined): string | null => {
  const json = fromAnyValue(value);
  return json === null ? null : typeof json === "string" ? wellFormed(json) : valueText(value);
};

/** How a generation holds OTLP's values: as text, or as JSON text that becomes VARIANT in the table. */
export interface ValueEncoding {
  readonly attributes: (entries: readonly KeyValue[]) => DuckDBValue;
  readonly value: (value: AnyValue | undefined) => DuckDBValue;
}

const mapOf = (entries: readonly KeyValue[]): DuckDBValue => {
  // A later entry of the same key wins, as it does in JSON; DuckDB would keep both.
  const byKey = new Map<string, { key: string; value: string | null }>();
  for (const { key, value } of entries) {
    const name = wellFormed(key ?? "");
    byKey.set(name, { key: name, value: mapText(value) });
  }
  return mapValue([...byKey.values()]);
};

const encodings: Record<Generation, ValueEncoding> = {
  v1: {
    attributes: mapOf,
    value: (value) => (value === undefined ? null : mapText(value)),
  },
  v2: {
    attributes: attributesText,
    value: (value) => (value === undefined ? null : valueText(value)),
  },
};

export const encodingOf = (generation: Generation): ValueEncoding => encodings[generation];

/** A list cell. */
export const list = (items: readonly DuckDBValue[]): DuckDBValue => listValue(items);

/** A timestamp cell from nanoseconds since 1970; the tables keep microseconds. */
export const timestamp = (unixNano: bigint): DuckDBTimestampValue => new DuckDBTimestampValue(unixNano / 1000n);

const nanosPerDay = 86_400_000_000_000n;

/** What v2 derives for every row. */
export const recordCells = (recordId: string, unixNano: bigint | null, resource: Resource | undefined): Row => {
  const serviceName = resource?.attributes.find(({ key }) => key === "service.name");
  return {
    record_id: recordId,
    time: unixNano === null ? null : timestamp(unixNano),
    date: unixNano === null ? null : new DuckDBDateValue(Number(unixNano / nanosPerDay)),
    service_name: serviceName === undefined ? null : mapText(serviceName.value),
  };
};

/** The columns that say where a record came from. */
export const originCells = (
  encoding: ValueEncoding,
  origin: {
    readonly resource: Resource | undefined;
    readonly resourceSchemaUrl: string | undefined;
    readonly scope: InstrumentationScope | undefined;
  },
): Row => {
  const { resource, scope } = origin;
  return {
    resource:
      resource === undefined
        ? null
        : structValue({
            attributes: encoding.attributes(resource.attributes),
            dropped_attributes_count: int32(resource.droppedAttributesCount),
          }),
    resource_schema_url: text(origin.resourceSchemaUrl),
    instrumentation_scope:
      scope === undefined
        ? null
        : structValue({
            name: text(scope.name),
            version: text(scope.version),
            attributes: encoding.attributes(scope.attributes),
            dropped_attributes_count: int32(scope.droppedAttributesCount),
          }),
  };
};
