import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBTimestampValue,
  FLOAT,
  INTEGER,
  INTERVAL,
  SMALLINT,
  TIMESTAMP,
  TINYINT,
  VARCHAR,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** A parameter's value as text, with the type that its sender gave it, such as `DECIMAL(5,2)`. */
export interface TypedParameter {
  readonly type: string;
  readonly text: string;
}

/** A value as the engine takes it. */
export interface BoundValue {
  readonly value: DuckDBValue;
  readonly type: DuckDBType;
}

const malformed = (type: string, text: string): TracelakeError =>
  new TracelakeError(ErrorCode.SQL_FAILED, {
    failed: `[CAST_INVALID_INPUT] A parameter is no ${type}`,
    seen: quoteForMessage(text),
    remedy: "Send a value of the parameter's type.",
  });

const whole =
  (type: DuckDBType, name: string, bits: number) =>
  (text: string): BoundValue => {
    if (!/^\s*[+-]?\d+\s*$/.test(text)) throw malformed(name, text);
    const exact = BigInt(text.trim().replace(/^\+/, ""));
    if (BigInt.asIntN(bits, exact) !== exact) throw malformed(name, text);
    return { value: bits === 64 ? exact : Number(exact), type };
  };

const named: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  infinity: Infinity,
  inf: Infinity,
  "-infinity": -Infinity,
  "-inf": -Infinity,
};

const floating =
  (type: DuckDBType, name: string) =>
  (text: string): BoundValue => {
    const word = text.trim().toLowerCase();
    const value = named[word] ?? (word === "" ? Number.NaN : Number(word));
    if (Number.isNaN(value) && word !== "nan") throw malformed(name, text);
    return { value, type };
  };

const mostDigits = 38;

/** `[5, 2]` of `DECIMAL(5,2)`. */
const declaredSize = (type: string): readonly [width: number, scale: number] | undefined => {
  const match = /\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/.exec(type);
  return match === null ? undefined : [Math.min(Number(match[1]), mostDigits), Number(match[2] ?? 0)];
};

const decimal = (text: string, declared: string): BoundValue => {
  const match = /^\s*([+-]?)(\d*)\.?(\d*)\s*$/.exec(text);
  const [, sign = "", before = "", after = ""] = match ?? [];
  const digits = `${before.replace(/^0+/, "")}${after}`;
  if (match === null || before + after === "" || Math.max(digits.length, after.length) > mostDigits) {
    throw malformed("DECIMAL", text);
  }
  const [width, scale] = declaredSize(declared) ?? [Math.max(digits.length, after.length, 1), after.length];
  const scaled = `${digits}${"0".repeat(Math.max(scale - after.length, 0))}`;
  if (after.length > scale || scaled.length > width) throw malformed(declared, text);
  const value = new DuckDBDecimalValue(
    BigInt(`${sign === "-" ? "-" : ""}${scaled === "" ? "0" : scaled}`),
    width,
    scale,
  );
  return { value, type: DECIMAL(width, scale) };
};

const boolean = (text: string): BoundValue => {
  const word = text.trim().toLowerCase();
  const value = ["t", "true", "y", "yes", "1"].includes(word);
  if (!value && !["f", "false", "n", "no", "0"].includes(word)) throw malformed("BOOLEAN", text);
  return { value, type: BOOLEAN };
};

const momentPattern =
  /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?\s*$/i;

const offsetMinutes = (zone: string): number => {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return 0;
  const [, sign, hours, minutes = "0"] = match;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
};

/** Microseconds since 1970; without an offset in the session's zone, which is UTC. */
const moment = (type: string, text: string): bigint => {
  const match = momentPattern.exec(text);
  if (match === null) throw malformed(type, text);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const millis = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(millis);
  const isReal =
    read.getUTCMonth() === month - 1 && read.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!isReal) throw malformed(type, text);
  const micros = BigInt((match[7] ?? "").padEnd(6, "0").slice(0, 6));
  return BigInt(millis - offsetMinutes(match[8] ?? "") * 60_000) * 1000n + micros;
};

const microsPerDay = 86_400_000_000n;

const timestamp = (text: string): BoundValue => ({
  value: new DuckDBTimestampValue(moment("TIMESTAMP", text)),
  type: TIMESTAMP,
});

// A wall-clock time is taken as it is written, whatever offset follows it.
const wallClock = (text: string): BoundValue =>
  timestamp(text.replace(/(?<=\d:\d.*)\s*(?:Z|UTC|[+-]\d{2}:?\d{2})\s*$/i, ""));

const date = (text: string): BoundValue => {
  const micros = moment("DATE", text.trim().slice(0, 10));
  return { value: new DuckDBDateValue(Number(micros / microsPerDay)), type: DATE };
};

const interval =
  (name: string, make: (count: number) => DuckDBIntervalValue) =>
  (text: string): BoundValue => {
    if (!/^\s*-?\d+\s*$/.test(text)) throw malformed(name, text);
    return { value: make(Number(text)), type: INTERVAL };
  };

const readers: Readonly<Record<string, (text: string, declared: string) => BoundValue>> = {
  STRING: (text) => ({ value: text, type: VARCHAR }),
  BOOLEAN: boolean,
  TINYINT: whole(TINYINT, "TINYINT", 8),
  SMALLINT: whole(SMALLINT, "SMALLINT", 16),
  INT: whole(INTEGER, "INT", 32),
  BIGINT: whole(BIGINT, "BIGINT", 64),
  FLOAT: floating(FLOAT, "FLOAT"),
  DOUBLE: floating(DOUBLE, "DOUBLE"),
  DECIMAL: decimal,
  DATE: date,
  TIMESTAMP: timestamp,
  TIMESTAMP_NTZ: wallClock,
  "INTERVAL MONTH": interval("INTERVAL MONTH", (months) => new DuckDBIntervalValue(months, 0, 0n)),
  "INTERVAL DAY": interval("INTERVAL DAY", (days) => new DuckDBIntervalValue(0, days, 0n)),
};

const synonyms: Readonly<Record<string, string>> = {
  VARCHAR: "STRING",
  CHAR: "STRING",
  INTEGER: "INT",
  BYTE: "TINYINT",
  SHORT: "SMALLINT",
  LONG: "BIGINT",
  REAL: "FLOAT",
  NUMERIC: "DECIMAL",
  DEC: "DECIMAL",
  TIMESTAMP_LTZ: "TIMESTAMP",
};

/**
 * The engine's value of a typed parameter.
 *
 * @throws {TracelakeError} `SQL_FAILED` where the text is no value of the type, `SQL_UNSUPPORTED` for other types
 */
export const readParameter = ({ type, text }: TypedParameter): BoundValue => {
  const name = type
    .toUpperCase()
    .replace(/\s*\(.*/s, "")
    .trim();
  const known = synonyms[name] ?? name;
  const read = Object.hasOwn(readers, known) ? readers[known] : undefined;
  if (read !== undefined) return read(text, type);
  throw new TracelakeError(ErrorCode.SQL_UNSUPPORTED, {
    failed: "A parameter's type is not available in the local workspace",
    seen: quoteForMessage(type),
    remedy: `Use one of ${Object.keys(readers).join(", ")}.`,
  });
};
