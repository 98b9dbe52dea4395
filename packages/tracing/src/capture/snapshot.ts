import type { JsonValue } from "@tracelake/wire";
import { describeBytes, describeMediaText } from "./media.ts";

const deepestNesting = 64;
const mostNodes = 200_000;

interface Walk {
  /** The objects on the way to the one that is read, outermost first. */
  readonly open: object[];
  readonly keepMedia: boolean;
  nodes: number;
}

/** How a value is read. */
export interface SnapshotOptions {
  /** Whether base64 media stay as they are. Default `false`: a placeholder takes their place. */
  readonly keepMedia?: boolean;
}

/**
 * JSON text of any value, made so that nothing the value does can reach the caller: circular references, throwing getters,
 * proxies, class instances, `BigInt`, maps, sets, dates, errors, binary data and streams all have a readable stand-in.
 * Every property is read once. Never throws. Functions and `undefined` in objects are left out, as JSON does.
 */
export const snapshotText = (value: unknown, { keepMedia = false }: SnapshotOptions = {}): string => {
  try {
    return write(value, { open: [], keepMedia, nodes: 0 }, 0);
  } catch (error) {
    return JSON.stringify(unreadable(error));
  }
};

/** A copy of any value as plain JSON data: what {@link snapshotText} says, as values. */
export const snapshot = (value: unknown, options?: SnapshotOptions): JsonValue =>
  JSON.parse(snapshotText(value, options)) as JsonValue;

const unreadable = (error: unknown): string => {
  try {
    return `[Unreadable: ${error instanceof Error ? error.message : typeof error}]`;
  } catch {
    return "[Unreadable]";
  }
};

const write = (value: unknown, walk: Walk, depth: number): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(walk.keepMedia ? value : (describeMediaText(value) ?? value));
    case "number":
      return Number.isFinite(value) ? `${value}` : `"${value}"`;
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? value.toString() : `"${value}"`;
    case "function":
      return JSON.stringify(`[Function: ${value.name || "anonymous"}]`);
    case "symbol":
      return JSON.stringify(value.toString());
    case "object":
      return value === null ? "null" : writeObject(value, walk, depth);
    default:
      return "null";
  }
};

const writeObject = (value: object, walk: Walk, depth: number): string => {
  if (walk.open.includes(value)) return '"[Circular]"';
  if (depth >= deepestNesting) return '"[Nested too deeply]"';
  if (++walk.nodes > mostNodes) return '"[Too many values]"';
  walk.open.push(value);
  try {
    return writeByKind(value, walk, depth + 1);
  } catch (error) {
    return JSON.stringify(unreadable(error));
  } finally {
    walk.open.length = depth;
  }
};

const writeByKind = (value: object, walk: Walk, depth: number): string => {
  if (Array.isArray(value)) return writeArray(value, walk, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  const standIn = isPlain ? undefined : writeBuiltIn(value, walk, depth);
  if (standIn !== undefined) return standIn;
  if (Symbol.asyncIterator in value) return '"[Stream]"';
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const json: unknown = value.toJSON();
    return json === value ? writeProperties(value, walk, depth) : write(json, walk, depth);
  }
  return writeProperties(value, walk, depth);
};

// By index, as that also visits the holes of a sparse array, which JSON writes as null.
const writeArray = (values: readonly unknown[], walk: Walk, depth: number): string => {
  let text = "";
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ",";
    if (++walk.nodes > mostNodes) return `[${text}"[${values.length - index} more values]"]`;
    text += write(values[index], walk, depth);
  }
  return `[${text}]`;
};

const writeBuiltIn = (value: object, walk: Walk, depth: number): string | undefined => {
  if (value instanceof Date) {
    return JSON.stringify(Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString());
  }
  if (value instanceof Map) {
    return writeProperties(Object.fromEntries([...value].map(([key, item]) => [String(key), item])), walk, depth);
  }
  if (value instanceof Set) return writeArray([...value], walk, depth);
  if (value instanceof Error) return writeError(value, walk, depth);
  if (value instanceof RegExp || value instanceof URL) return JSON.stringify(String(value));
  if (value instanceof Promise) return '"[Promise]"';
  if (ArrayBuffer.isView(value)) {
    return JSON.stringify(describeBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
  }
  if (value instanceof ArrayBuffer) return JSON.stringify(describeBytes(new Uint8Array(value)));
  if (typeof Blob !== "undefined" && value instanceof Blob) {
    return JSON.stringify(`[${value.type || "binary"}, ${value.size} bytes]`);
  }
  return isBoxed(value) ? write(value.valueOf(), walk, depth) : undefined;
};

const isBoxed = (value: object): boolean =>
  /^\[object (Number|String|Boolean|BigInt)\]$/.test(Object.prototype.toString.call(value));

const writeError = ({ name, message, cause }: Error, walk: Walk, depth: number): string =>
  writeProperties({ name, message, ...(cause === undefined ? {} : { cause }) }, walk, depth);

// Programs have few names of properties and many objects.
const quotedKeys = new Map<string, string>();
const mostQuotedKeys = 1000;
const longestQuotedKey = 64;

const quoteKey = (key: string): string => {
  const known = quotedKeys.get(key);
  if (known !== undefined) return known;
  const quoted = `${JSON.stringify(key)}:`;
  if (quotedKeys.size < mostQuotedKeys && key.length <= longestQuotedKey) quotedKeys.set(key, quoted);
  return quoted;
};

const writeProperties = (value: object, walk: Walk, depth: number): string => {
  let text = "";
  for (const key of Object.keys(value)) {
    let item: unknown;
    try {
      item = Reflect.get(value, key);
    } catch (error) {
      item = unreadable(error);
    }
    if (item === undefined || typeof item === "function" || typeof item === "symbol") continue;
    if (text !== "") text += ",";
    text += quoteKey(key) + write(item, walk, depth);
  }
  return `{${text}}`;
};
