import type { AnyValue, KeyValue } from "@tracelake/wire";
import { toAnyValue } from "@tracelake/wire";

const deepestNesting = 64;

/**
 * The OTLP value of what OpenTelemetry takes as a log's body or an attribute: JSON, bytes, and nested lists and maps of
 * them. Whatever else somebody gives has a readable stand-in.
 */
export const toOtlpValue = (value: unknown, open: ReadonlySet<object> = new Set()): AnyValue => {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return toAnyValue(value);
    case "object":
      return value === null ? {} : toOtlpObject(value, open);
    case "undefined":
      return {};
    default:
      return { stringValue: `[${typeof value}]` };
  }
};

const toOtlpObject = (value: object, open: ReadonlySet<object>): AnyValue => {
  if (value instanceof Uint8Array) return { bytesValue: Uint8Array.from(value) };
  if (open.has(value)) return { stringValue: "[Circular]" };
  if (open.size >= deepestNesting) return { stringValue: "[Nested too deeply]" };
  const inside = new Set(open).add(value);
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item) => toOtlpValue(item, inside)) } };
  if (value instanceof Error) return { stringValue: `${value.name}: ${value.message}` };
  if (value instanceof Date) return { stringValue: value.toJSON() ?? "Invalid Date" };
  return { kvlistValue: { values: toOtlpAttributes(value, inside) } };
};

/** The entries of an object as OTLP attributes; those without a value are left out. */
export const toOtlpAttributes = (attributes: object, open: ReadonlySet<object> = new Set()): KeyValue[] => {
  const entries: KeyValue[] = [];
  for (const [key, value] of Object.entries(attributes) as [string, unknown][])
    if (value !== undefined) entries.push({ key, value: toOtlpValue(value, open) });
  return entries;
};

const bytesOfNode = 24;

/** What an OTLP message takes in memory, roughly. */
export const roughBytesOf = (message: unknown): number => {
  if (typeof message === "string") return message.length + bytesOfNode;
  if (typeof message !== "object" || message === null) return bytesOfNode;
  if (message instanceof Uint8Array) return message.length + bytesOfNode;
  return Object.values(message).reduce<number>((sum, part) => sum + roughBytesOf(part), bytesOfNode);
};
