import type { JsonValue } from "@tracelake/wire";
import { describeBytes, describeMediaText } from "./media.ts";

const deepestNesting = 64;
const mostNodes = 200_000;

interface Walk {
  readonly open: Set<object>;
  readonly keepMedia: boolean;
  nodes: number;
}

/**
 * A copy of any value as plain JSON data, taken so that nothing the value does can reach the caller: circular
 * references, throwing getters, proxies, class instances, `BigInt`, maps, sets, dates, errors, binary data and streams
 * all have a readable stand-in. Never throws. Functions and `undefined` in objects are left out, as JSON does.
 */
export const snapshot = (value: unknown, options: { readonly keepMedia?: boolean } = {}): JsonValue => {
  try {
    return copy(value, { open: new Set(), keepMedia: options.keepMedia ?? false, nodes: 0 }, 0);
  } catch (error) {
    return unreadable(error);
  }
};

const unreadable = (error: unknown): string => {
  try {
    return `[Unreadable: ${error instanceof Error ? error.message : typeof error}]`;
  } catch {
    return "[Unreadable]";
  }
};

const copy = (value: unknown, walk: Walk, depth: number): JsonValue => {
  switch (typeof value) {
    case "string":
      return walk.keepMedia ? value : (describeMediaText(value) ?? value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case "undefined":
      return null;
    case "function":
      return `[Function: ${value.name || "anonymous"}]`;
    case "symbol":
      return value.toString();
    case "object":
      return value === null ? null : copyObject(value, walk, depth);
    default:
      return null;
  }
};

const copyObject = (value: object, walk: Walk, depth: number): JsonValue => {
  if (walk.open.has(value)) return "[Circular]";
  if (depth >= deepestNesting) return "[Nested too deeply]";
  if (++walk.nodes > mostNodes) return "[Too many values]";
  walk.open.add(value);
  try {
    return copyByKind(value, walk, depth + 1);
  } catch (error) {
    return unreadable(error);
  } finally {
    walk.open.delete(value);
  }
};

const copyByKind = (value: object, walk: Walk, depth: number): JsonValue => {
  if (Array.isArray(value)) return copyArray(value, walk, depth);
  const standIn = copyBuiltIn(value, walk, depth);
  if (standIn !== undefined) return standIn;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const json: unknown = value.toJSON();
    return json === value ? copyProperties(value, walk, depth) : copy(json, walk, depth);
  }
  return copyProperties(value, walk, depth);
};

// By index, as that also visits the holes of a sparse array, which JSON writes as null.
const copyArray = (values: readonly unknown[], walk: Walk, depth: number): JsonValue => {
  const copies: JsonValue[] = [];
  for (let index = 0; index < values.length; index++) {
    if (++walk.nodes > mostNodes) {
      copies.push(`[${values.length - index} more values]`);
      break;
    }
    copies.push(copy(values[index], walk, depth));
  }
  return copies;
};

const copyBuiltIn = (value: object, walk: Walk, depth: number): JsonValue | undefined => {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), copy(item, walk, depth)]));
  }
  if (value instanceof Set) return [...value].map((item) => copy(item, walk, depth));
  if (value instanceof Error) return copyError(value, walk, depth);
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Promise) return "[Promise]";
  if (ArrayBuffer.isView(value)) return describeBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof ArrayBuffer) return describeBytes(new Uint8Array(value));
  if (typeof Blob !== "undefined" && value instanceof Blob) return `[${value.type || "binary"}, ${value.size} bytes]`;
  if (isBoxed(value)) return copy(value.valueOf(), walk, depth);
  if (Symbol.asyncIterator in value) return "[Stream]";
  return undefined;
};

const isBoxed = (value: object): boolean =>
  /^\[object (Number|String|Boolean|BigInt)\]$/.test(Object.prototype.toString.call(value));

const copyError = (error: Error, walk: Walk, depth: number): JsonValue => ({
  name: error.name,
  message: error.message,
  ...(error.cause === undefined ? {} : { cause: copy(error.cause, walk, depth) }),
});

const copyProperties = (value: object, walk: Walk, depth: number): JsonValue => {
  const entries: [string, JsonValue][] = [];
  for (const key of Object.keys(value)) {
    let item: unknown;
    try {
      item = Reflect.get(value, key);
    } catch (error) {
      item = unreadable(error);
    }
    if (item !== undefined && typeof item !== "function" && typeof item !== "symbol")
      entries.push([key, copy(item, walk, depth)]);
  }
  return Object.fromEntries(entries);
};
