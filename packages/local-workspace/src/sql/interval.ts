import type { AstNode } from "./ast-node.ts";
import { emitted, type Emitted } from "./emitted.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import type { Writer } from "./writer.ts";

/** Units by Spark's singular name; `days` says that adding one to a DATE gives a DATE. */
const units: Readonly<Record<string, { readonly days: boolean }>> = {
  YEAR: { days: true },
  MONTH: { days: true },
  WEEK: { days: true },
  DAY: { days: true },
  HOUR: { days: false },
  MINUTE: { days: false },
  SECOND: { days: false },
  MILLISECOND: { days: false },
  MICROSECOND: { days: false },
};

const one = (amount: string, unitName: string): Emitted => {
  const unit = unitName.toUpperCase().replace(/S$/, "");
  const known = units[unit];
  if (known === undefined) throw unsupported(`The interval unit ${unit}`, `INTERVAL ${amount} ${unit}`);
  if (/^[+-]?\d+$/.test(amount)) {
    return emitted(`INTERVAL '${Number(amount)} ${unit}'`, known.days ? "day-interval" : "interval");
  }
  if (unit === "SECOND" && /^[+-]?\d*\.\d{1,6}$/.test(amount)) {
    return emitted(`INTERVAL '${Math.round(Number(amount) * 1_000_000)} MICROSECOND'`, "interval");
  }
  throw unsupported("An interval of this amount", `INTERVAL ${amount} ${unit}`, "Write a whole number");
};

const several = (text: string): Emitted => {
  const pairs = [...text.matchAll(/([+-]?\d+(?:\.\d+)?)\s+([a-z]+)/gi)];
  const [first, ...rest] = pairs.map(([, amount = "", unit = ""]) => one(amount, unit));
  const remainder = text.replaceAll(/([+-]?\d+(?:\.\d+)?)\s+([a-z]+)/gi, "").trim();
  if (first === undefined || remainder !== "") {
    throw syntaxError("an interval has another form than 'amount unit'", text, "Write INTERVAL '1' HOUR");
  }
  if (rest.length === 0) return first;
  const type = [first, ...rest].every((part) => part.type === "day-interval") ? "day-interval" : "interval";
  return emitted(`(${[first, ...rest].map((part) => part.text).join(" + ")})`, type);
};

/** Writes `INTERVAL 1 HOUR`, `INTERVAL '1' HOUR` and `INTERVAL '1 hour 30 minutes'`. */
export const writeInterval = (node: AstNode, writer: Writer): Emitted => {
  let value = node.node("this");
  const negative = value.kind === "neg";
  if (negative) value = value.node("this");
  if (value.kind !== "literal") {
    throw unsupported("An interval of a computed amount", value.kind, "Multiply: amount * INTERVAL 1 HOUR");
  }
  value.raw("literal_type");
  const text = `${negative ? "-" : ""}${writer.plainString(value.text("value") ?? "").trim()}`;
  const unit = node.part("unit");
  if (unit === undefined) return several(text);
  if (unit.text("type") !== "simple") throw unsupported("An interval of several units", text);
  return one(text, unit.text("unit") ?? "");
};
