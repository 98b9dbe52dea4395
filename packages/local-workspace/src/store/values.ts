import {
  DuckDBArrayValue,
  DuckDBBitValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  DuckDBVariantValue,
  type DuckDBValue,
} from "@duckdb/node-api";
import { ErrorCode, stringifyJson, TracelakeError, type JsonValue } from "@tracelake/wire";

// A moment with microseconds, which a JavaScript Date would cut to milliseconds.
const isoTime = (micros: bigint): string => {
  const millis = micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n;
  const rest = Number(micros - millis * 1000n);
  const date = new Date(Number(millis));
  if (Number.isNaN(date.getTime())) return `${micros}`;
  const text = date.toISOString();
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
};

const fromMap = (value: DuckDBMapValue): JsonValue =>
  Object.fromEntries(value.entries.map(({ key, value: item }) => [mapKey(key), plainValue(item)]));

const mapKey = (key: DuckDBValue): string => {
  const plain = plainValue(key);
  return typeof plain === "string" ? plain : stringifyJson(plain);
};

const fromObject = (value: Extract<DuckDBValue, object>): JsonValue => {
  if (value instanceof DuckDBVariantValue) return plainValue(value.value);
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, item]) => [name, plainValue(item)]));
  }
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(plainValue);
  if (value instanceof DuckDBMapValue) return fromMap(value);
  if (value instanceof DuckDBUnionValue) return plainValue(value.value);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return isoTime(value.micros);
  if (value instanceof DuckDBTimestampMillisecondsValue) return isoTime(value.millis * 1000n);
  if (value instanceof DuckDBTimestampSecondsValue) return isoTime(value.seconds * 1_000_000n);
  if (value instanceof DuckDBTimestampNanosecondsValue) return isoTime(value.nanos / 1000n);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString("base64");
  if (value instanceof DuckDBDecimalValue || value instanceof DuckDBDateValue || value instanceof DuckDBBitValue) {
    return value.toString();
  }
  return value.toString();
};

/**
 * A value inside a STRUCT, MAP, LIST or VARIANT as plain JSON, with integers as numbers where a number holds them
 * exactly.
 */
export const plainValue = (value: DuckDBValue): JsonValue => {
  if (value === null || value === undefined) return null;
  if (typeof value === "bigint") {
    const narrow = Number(value);
    return Number.isSafeInteger(narrow) ? narrow : value;
  }
  return typeof value === "object" ? fromObject(value) : value;
};

/**
 * A BIGINT. DuckDB sums integers in more bits than Databricks has.
 *
 * @throws {TracelakeError} `SQL_FAILED` where Databricks would have overflowed.
 */
export const exactLong = (value: bigint): bigint => {
  if (BigInt.asIntN(64, value) === value) return value;
  throw new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: "[ARITHMETIC_OVERFLOW] long overflow",
    seen: String(value),
    remedy: "Cast the operands to DECIMAL(38, 0) first.",
  });
};

/** A cell of a result: as {@link plainValue}, but a BIGINT is always a `bigint`. @throws as {@link exactLong} */
export const cellValue = (value: DuckDBValue): JsonValue =>
  typeof value === "bigint" ? exactLong(value) : plainValue(value);
