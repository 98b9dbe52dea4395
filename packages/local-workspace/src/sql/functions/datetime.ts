import type { AstNode } from "../ast-node.ts";
import { callMacro, emitted, type Emitted } from "../emitted.ts";
import { quoteString } from "../../quote-sql.ts";
import {
  argumentAt,
  checkCount,
  checkScalar,
  direct,
  scalar,
  type FunctionCall,
  type FunctionRule,
  type FunctionRules,
} from "../function-call.ts";
import { unsupported } from "../refusal.ts";
import type { Writer } from "../writer.ts";
import { toDuckTimePattern } from "./time-pattern.ts";

const truncationUnits: Readonly<Record<string, string>> = {
  YEAR: "year",
  YYYY: "year",
  YY: "year",
  QUARTER: "quarter",
  MONTH: "month",
  MON: "month",
  MM: "month",
  WEEK: "week",
  DAY: "day",
  DD: "day",
  HOUR: "hour",
  MINUTE: "minute",
  SECOND: "second",
  MILLISECOND: "millisecond",
  MICROSECOND: "microsecond",
};

const literalArgument = (call: FunctionCall, position: number, writer: Writer): string => {
  const text = writer.literalString(argumentAt(call, position));
  if (text === undefined)
    throw unsupported(`A computed unit or pattern in ${call.name}()`, `${call.name}(…)`, "Write a string literal");
  return text;
};

const truncationUnit = (call: FunctionCall, position: number, writer: Writer): string => {
  const name = literalArgument(call, position, writer);
  const unit = truncationUnits[name.toUpperCase()];
  if (unit === undefined)
    throw unsupported(`The unit ${name} in ${call.name}()`, name, "Use 'HOUR', 'DAY', 'WEEK', 'MONTH' …");
  return unit;
};

/** A rule over checked arguments. */
const checked =
  (least: number, most: number, write: FunctionRule): FunctionRule =>
  (call, writer) => {
    checkScalar(call);
    checkCount(call, least, most);
    return write(call, writer);
  };

const dateOf = (node: AstNode, writer: Writer): string => {
  const value = writer.value(node);
  return value.type === "date" ? value.text : callMacro("tl_as_date", [value]).text;
};

const timestampOf = (node: AstNode, writer: Writer): string => {
  const value = writer.value(node);
  return value.type === "timestamp" ? value.text : callMacro("tl_as_timestamp", [value]).text;
};

const shiftDate =
  (operator: "+" | "-"): FunctionRule =>
  (call, writer) =>
    emitted(
      `CAST(${dateOf(argumentAt(call, 0), writer)} ${operator} CAST(${writer.value(argumentAt(call, 1)).text} AS INTEGER) AS DATE)`,
      "date",
    );

/** The unit of `dateadd(HOUR, …)`, which is written as a bare word. */
const wordUnit = (node: AstNode, call: FunctionCall, known: readonly string[]): string => {
  const word = node.kind === "column" ? (node.part("name")?.text("name") ?? "").toUpperCase() : "";
  if (known.includes(word)) return word;
  throw unsupported(`This unit in ${call.name}()`, word === "" ? call.name : word, `Use one of ${known.join(", ")}`);
};

const addUnits = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"];

/** Units whose differences Spark and DuckDB count alike: whole elapsed units. Months differ at month ends. */
const differenceUnits = ["WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"];

const dateAdd: FunctionRule = (call, writer) => {
  if (call.args.length === 2) return shiftDate("+")(call, writer);
  const unit = wordUnit(argumentAt(call, 0), call, addUnits);
  const amount = `CAST(${writer.value(argumentAt(call, 1)).text} AS INTEGER)`;
  const names: Readonly<Record<string, string>> = { QUARTER: `(3 * ${amount})`, WEEK: `(7 * ${amount})` };
  const duckUnit = unit === "QUARTER" ? "months" : unit === "WEEK" ? "days" : `${unit.toLowerCase()}s`;
  return emitted(
    `(${timestampOf(argumentAt(call, 2), writer)} + to_${duckUnit}(${names[unit] ?? amount}))`,
    "timestamp",
  );
};

const dateDiff: FunctionRule = (call, writer) => {
  if (call.args.length === 2) {
    const [end, start] = [argumentAt(call, 0), argumentAt(call, 1)].map((node) => dateOf(node, writer));
    return emitted(`CAST(date_diff('day', ${start}, ${end}) AS INTEGER)`, "integer");
  }
  const unit = wordUnit(argumentAt(call, 0), call, differenceUnits).toLowerCase();
  const [start, end] = [argumentAt(call, 1), argumentAt(call, 2)].map((node) => timestampOf(node, writer));
  return emitted(`date_sub('${unit}', ${start}, ${end})`, "integer");
};

const parts: Readonly<Record<string, (time: string) => string>> = {
  year: (time) => `year(${time})`,
  quarter: (time) => `quarter(${time})`,
  month: (time) => `month(${time})`,
  week: (time) => `weekofyear(${time})`,
  weekofyear: (time) => `weekofyear(${time})`,
  day: (time) => `day(${time})`,
  dayofmonth: (time) => `day(${time})`,
  dayofyear: (time) => `dayofyear(${time})`,
  dayofweek: (time) => `(dayofweek(${time}) + 1)`,
  dow: (time) => `(dayofweek(${time}) + 1)`,
  doy: (time) => `dayofyear(${time})`,
  weekday: (time) => `(isodow(${time}) - 1)`,
  hour: (time) => `hour(${time})`,
  minute: (time) => `minute(${time})`,
};

/** One part of a time, as EXTRACT and `date_part` give it; Spark counts days of the week from Sunday as 1. */
export const datePart = (part: string, value: Emitted): string => {
  const time = callMacro("tl_as_timestamp", [value]).text;
  if (part.toLowerCase() === "second") {
    return `CAST(((epoch_us(${time}) % 60000000 + 60000000) % 60000000) / 1000000 AS DECIMAL(8, 6))`;
  }
  const write = parts[part.toLowerCase()];
  if (write === undefined)
    throw unsupported(`The part ${part} of a time`, part, "Use YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
  return write(time);
};

const partFunction =
  (part: string): FunctionRule =>
  (call, writer) => {
    checkScalar(call);
    checkCount(call, 1, 1);
    return emitted(datePart(part, writer.value(argumentAt(call, 0))), "integer");
  };

const format = (call: FunctionCall, position: number, writer: Writer): string =>
  quoteString(toDuckTimePattern(literalArgument(call, position, writer)));

const now = "(get_current_timestamp() AT TIME ZONE 'UTC')";
const currentTimestamp = scalar(0, 0, "timestamp", () => now);
const currentDate = scalar(0, 0, "date", () => `CAST(${now} AS DATE)`);

const parseTime =
  (type: "date" | "timestamp", attempt: boolean): FunctionRule =>
  (call, writer) => {
    const value = writer.value(argumentAt(call, 0));
    if (call.args.length === 1) return callMacro(`tl_${attempt ? "try" : "cast"}_${type}`, [value], type);
    const parsed = `${attempt ? "try_strptime" : "strptime"}(${value.text}, ${format(call, 1, writer)})`;
    return emitted(type === "date" ? `CAST(${parsed} AS DATE)` : parsed, type);
  };

const fromUnixTime: FunctionRule = (call, writer) => {
  const seconds = callMacro("tl_cast_bigint", [writer.value(argumentAt(call, 0))]).text;
  const pattern = call.args.length === 2 ? format(call, 1, writer) : "'%Y-%m-%d %H:%M:%S'";
  return emitted(`strftime(make_timestamp(${seconds} * 1000000), ${pattern})`, "string");
};

const unixTimestamp: FunctionRule = (call, writer) => {
  if (call.args.length === 0) return emitted(`(epoch_us(${now}) // 1000000)`, "integer");
  const time =
    call.args.length === 2
      ? `strptime(${writer.value(argumentAt(call, 0)).text}, ${format(call, 1, writer)})`
      : timestampOf(argumentAt(call, 0), writer);
  return emitted(`tl_unix_seconds(${time})`, "integer");
};

const epoch = (write: (micros: string) => string): FunctionRule => scalar(1, 1, "timestamp", ([x = ""]) => write(x));

export const datetimeRules: FunctionRules = {
  current_timestamp: currentTimestamp,
  now: currentTimestamp,
  current_date: currentDate,
  curdate: currentDate,
  date_trunc: checked(2, 2, (call, writer) =>
    emitted(
      `date_trunc('${truncationUnit(call, 0, writer)}', ${timestampOf(argumentAt(call, 1), writer)})`,
      "timestamp",
    ),
  ),
  trunc: checked(2, 2, (call, writer) => {
    const unit = truncationUnit(call, 1, writer);
    if (!["year", "quarter", "month", "week"].includes(unit))
      throw unsupported(`trunc() to ${unit}`, unit, "Use date_trunc()");
    return emitted(`CAST(date_trunc('${unit}', ${dateOf(argumentAt(call, 0), writer)}) AS DATE)`, "date");
  }),
  date_add: checked(2, 3, dateAdd),
  dateadd: checked(2, 3, dateAdd),
  timestampadd: checked(3, 3, dateAdd),
  date_sub: checked(2, 2, shiftDate("-")),
  datediff: checked(2, 3, dateDiff),
  date_diff: checked(2, 3, dateDiff),
  timestampdiff: checked(3, 3, dateDiff),
  date_format: checked(2, 2, (call, writer) =>
    emitted(`strftime(${timestampOf(argumentAt(call, 0), writer)}, ${format(call, 1, writer)})`, "string"),
  ),
  to_date: checked(1, 2, parseTime("date", false)),
  try_to_date: checked(1, 2, parseTime("date", true)),
  to_timestamp: checked(1, 2, parseTime("timestamp", false)),
  try_to_timestamp: checked(1, 2, parseTime("timestamp", true)),
  from_unixtime: checked(1, 2, fromUnixTime),
  unix_timestamp: checked(0, 2, unixTimestamp),
  to_unix_timestamp: checked(1, 2, unixTimestamp),
  timestamp_seconds: direct("tl_cast_timestamp", 1, 1, "timestamp"),
  timestamp_millis: epoch((x) => `make_timestamp(CAST(${x} AS BIGINT) * 1000)`),
  timestamp_micros: epoch((x) => `make_timestamp(CAST(${x} AS BIGINT))`),
  unix_seconds: checked(1, 1, unixTimestamp),
  unix_millis: checked(1, 1, (call, writer) =>
    emitted(`epoch_ms(${timestampOf(argumentAt(call, 0), writer)})`, "integer"),
  ),
  unix_micros: checked(1, 1, (call, writer) =>
    emitted(`epoch_us(${timestampOf(argumentAt(call, 0), writer)})`, "integer"),
  ),
  last_day: checked(1, 1, (call, writer) => emitted(`last_day(${dateOf(argumentAt(call, 0), writer)})`, "date")),
  make_date: scalar(3, 3, "date", (args) => `make_date(${args.join(", ")})`),
  date_part: checked(2, 2, (call, writer) =>
    emitted(datePart(literalArgument(call, 0, writer), writer.value(argumentAt(call, 1))), "integer"),
  ),
  ...Object.fromEntries(
    Object.keys(parts)
      .filter((part) => part !== "week" && part !== "dow" && part !== "doy")
      .map((part) => [part, partFunction(part)]),
  ),
  second: checked(1, 1, (call, writer) => emitted(`second(${timestampOf(argumentAt(call, 0), writer)})`, "integer")),
};
