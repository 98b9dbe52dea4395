import { types } from "node:util";

const deepestNesting = 64;
const mostObjects = 10_000;

const isNative = (value: object): boolean =>
  types.isDate(value) || types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value) || value instanceof URL;

const writesItself = (value: object, prototype: object | null): boolean => {
  if (prototype === Object.prototype || prototype === null) return "toJSON" in value;
  for (let owner: object | null = value; owner !== null; owner = Reflect.getPrototypeOf(owner)) {
    if (types.isProxy(owner) || Object.hasOwn(owner, "toJSON")) return true;
  }
  return false;
};

const isPlain = (value: unknown, seen: Set<object>, depth: number): boolean => {
  if (typeof value !== "object" || value === null) return true;
  if (types.isProxy(value)) return false;
  if (seen.has(value) || seen.size >= mostObjects || depth > deepestNesting) return true;
  seen.add(value);
  const prototype: object | null = Reflect.getPrototypeOf(value);
  if (prototype !== Object.prototype && isNative(value)) return true;
  if (writesItself(value, prototype)) return false;
  if (!Array.isArray(value)) return Object.keys(value).every((key) => isPlainProperty(value, key, seen, depth));
  // A subclass may have an iterator and a `map` of its own.
  if (prototype !== Array.prototype) return false;
  for (let index = 0; index < value.length; index++) if (!isPlainProperty(value, index, seen, depth)) return false;
  return true;
};

const isPlainProperty = (owner: object, key: PropertyKey, seen: Set<object>, depth: number): boolean => {
  const property = Reflect.getOwnPropertyDescriptor(owner, key);
  return property === undefined || (property.get === undefined && isPlain(property.value, seen, depth + 1));
};

/**
 * Whether reading all of `value` runs no code of its owner: it has no getter, no `toJSON`, no proxy and no array of a class
 * of its own. Nothing is run to find out. What is beyond 64 levels or 10,000 objects is not looked at.
 */
export const isPlainData = (value: unknown): boolean => isPlain(value, new Set(), 0);
