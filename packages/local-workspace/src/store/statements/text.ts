import {
  DuckDBArrayType,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBIntervalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBArrayValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  DuckDBVariantValue,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";

/** The microseconds since 1970 of a value of any of DuckDB's timestamp types; `undefined` for other values. */
export const microsOf = (value: DuckDBValue): bigint | undefined => {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis * 1000n;
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds * 1_000_000n;
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos / 1000n;
  return undefined;
};

const two = (value: bigint | number): string => String(value).padStart(2, "0");

/** `2024-05-01 10:00:00.25`: without the zeros at the end of a fraction, as Spark casts a TIMESTAMP to text. */
const timestampText = (micros: bigint): string =>
  new DuckDBTimestampValue(micros).toString().replace(/\.(\d*?)0*$/, fraction);

const fraction = (_: string, digits: string): string => (digits === "" ? "" : `.${digits}`);

const microsPerSecond = 1_000_000n;

/** `1 02:03:04.000000000`, or `1-2` where it is of years and months alone: Hive's text of an interval. */
const intervalText = ({ months, days, micros }: DuckDBIntervalValue): string => {
  if (months !== 0 && days === 0 && micros === 0n) {
    const all = Math.abs(months);
    return `${months < 0 ? "-" : ""}${Math.floor(all / 12)}-${all % 12}`;
  }
  const total = BigInt(days + months * 30) * 86_400n * microsPerSecond + micros;
  const all = total < 0n ? -total : total;
  const seconds = all / microsPerSecond;
  const clock = [(seconds / 3600n) % 24n, (seconds / 60n) % 60n, seconds % 60n].map(two).join(":");
  const nanos = String((all % microsPerSecond) * 1000n).padStart(9, "0");
  return `${total < 0n ? "-" : ""}${seconds / 86_400n} ${clock}.${nanos}`;
};

/** Java's text of a double. */
const doubleText = (value: number): string => {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) return exponentText(value);
  return Number.isInteger(value) ? `${Object.is(value, -0) ? "-0" : value}.0` : String(value);
};

const exponentText = (value: number): string => {
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  return `${digits}${digits.includes(".") ? "" : ".0"}E${exponent.replace("+", "")}`;
};

/** Numbers in a VARIANT that were written without an exponent are decimals there. */
const variantNumberText = (value: number): string => {
  const plain = String(value);
  return Number.isFinite(value) && !plain.includes("e") ? plain : doubleText(value);
};

interface Rendering {
  /** Whether the value is in a VARIANT: Spark keeps the keys of its objects in order. */
  readonly inVariant: boolean;
}

const quoted = (text: string): string => JSON.stringify(text);

const scalarText = (type: DuckDBType, value: DuckDBValue): { readonly text: string; readonly isBare: boolean } => {
  if (typeof value === "boolean" || typeof value === "bigint") return { text: String(value), isBare: true };
  if (typeof value === "number") {
    const isFloating = type.typeId === DuckDBTypeId.DOUBLE || type.typeId === DuckDBTypeId.FLOAT;
    return { text: isFloating ? doubleText(value) : String(value), isBare: true };
  }
  if (typeof value === "string") return { text: value, isBare: false };
  const micros = microsOf(value);
  if (micros !== undefined) return { text: timestampText(micros), isBare: false };
  if (value instanceof DuckDBIntervalValue) return { text: intervalText(value), isBare: false };
  if (value instanceof DuckDBDateValue) return { text: value.toString(), isBare: false };
  if (value instanceof DuckDBBlobValue) return { text: Buffer.from(value.bytes).toString("base64"), isBare: false };
  return { text: String(value), isBare: type.typeId === DuckDBTypeId.DECIMAL };
};

const listText = (items: readonly DuckDBValue[], type: DuckDBType, rendering: Rendering): string =>
  `[${items.map((item) => jsonOf(type, item, rendering)).join(",")}]`;

const structText = (type: DuckDBStructType, value: DuckDBStructValue, rendering: Rendering): string => {
  const fields = type.entryNames.map((name, index): [string, DuckDBType | undefined] => [name, type.entryTypes[index]]);
  if (rendering.inVariant) fields.sort(([one], [other]) => (one < other ? -1 : 1));
  const parts = fields.map(([name, entryType]) => {
    const entry = value.entries[name] ?? null;
    return `${quoted(name)}:${entryType === undefined ? "null" : jsonOf(entryType, entry, rendering)}`;
  });
  return `{${parts.join(",")}}`;
};

const mapText = (type: DuckDBMapType, value: DuckDBMapValue, rendering: Rendering): string => {
  const parts = value.entries.map(
    ({ key, value: item }) => `${jsonOf(type.keyType, key, rendering)}:${jsonOf(type.valueType, item, rendering)}`,
  );
  return `{${parts.join(",")}}`;
};

const jsonOf = (type: DuckDBType, value: DuckDBValue, rendering: Rendering): string => {
  if (value === null || value === undefined) return "null";
  if (value instanceof DuckDBVariantValue) {
    return value.type === undefined ? "null" : jsonOf(value.type, value.value, { inVariant: true });
  }
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    const item = type instanceof DuckDBListType || type instanceof DuckDBArrayType ? type.valueType : type;
    return listText(value.items, item, rendering);
  }
  if (value instanceof DuckDBStructValue && type instanceof DuckDBStructType) return structText(type, value, rendering);
  if (value instanceof DuckDBMapValue && type instanceof DuckDBMapType) return mapText(type, value, rendering);
  if (typeof value === "number" && rendering.inVariant) return variantNumberText(value);
  const { text, isBare } = scalarText(type, value);
  return isBare ? text : quoted(text);
};

/**
 * The text that a client gets for a value that it does not want, or cannot have, in its own type: VARIANT and containers
 * as JSON, scalars as Spark casts them.
 */
export const textOf = (type: DuckDBType, value: Exclude<DuckDBValue, null>): string => {
  const isContainer =
    value instanceof DuckDBVariantValue ||
    value instanceof DuckDBListValue ||
    value instanceof DuckDBArrayValue ||
    value instanceof DuckDBStructValue ||
    value instanceof DuckDBMapValue;
  return isContainer ? jsonOf(type, value, { inVariant: false }) : scalarText(type, value).text;
};
