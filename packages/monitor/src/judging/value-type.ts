import { stringifyJson, type JsonValue } from "@tracelake/wire";
import { isList, isObject } from "../reading/json-kinds.ts";

/** A JSON Schema of the few forms that a judge's value can have. */
export type ValueSchema = Readonly<Record<string, JsonValue>>;

/** Of a verdict that is one of a few words. */
export const oneOf = (...values: readonly string[]): ValueSchema => ({
  type: "string",
  enum: values,
});

/** Of most verdicts. */
export const yesOrNo = oneOf("yes", "no");

type Reader = (value: JsonValue, schema: ValueSchema) => JsonValue | undefined;

const readers: Readonly<Record<string, Reader>> = {
  string: (value) => (typeof value === "string" ? value : undefined),
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  number: (value) => (typeof value === "number" ? value : undefined),
  integer: (value) => (typeof value === "number" && Number.isInteger(value) ? value : undefined),
  null: (value) => (value === null ? value : undefined),
  array: (value, { items }) => {
    if (!isList(value)) return undefined;
    const read = value.map((item) => (isObject(items) ? readValue(items, item) : item));
    return read.some((item) => item === undefined) ? undefined : (read as readonly JsonValue[]);
  },
  object: (value, { additionalProperties }) => {
    if (!isObject(value)) return undefined;
    const read = Object.entries(value).map(
      ([key, item]) => [key, isObject(additionalProperties) ? readValue(additionalProperties, item) : item] as const,
    );
    return read.some(([, item]) => item === undefined)
      ? undefined
      : (Object.fromEntries(read) as Readonly<Record<string, JsonValue>>);
  },
};

const sameWord = (a: JsonValue, b: JsonValue): boolean =>
  typeof a === "string" && typeof b === "string" ? a.trim().toLowerCase() === b.trim().toLowerCase() : a === b;

/** `value` as the schema writes it, so that "Yes" is `yes`; `undefined` where it has another type. */
export const readValue = (schema: ValueSchema, value: JsonValue): JsonValue | undefined => {
  const { type, enum: allowed, const: only, anyOf } = schema;
  if (isList(allowed)) return allowed.find((candidate) => sameWord(candidate, value));
  if (only !== undefined) return sameWord(only, value) ? only : undefined;
  if (isList(anyOf)) {
    const read = anyOf.filter(isObject).map((candidate) => readValue(candidate, value));
    return read.find((candidate) => candidate !== undefined);
  }
  return typeof type === "string" ? readers[type]?.(value, schema) : undefined;
};

/** Whether values of a schema can be read. */
export const isValueSchema = (schema: ValueSchema): boolean => {
  const { type, enum: allowed, const: only, anyOf } = schema;
  if (isList(allowed)) return allowed.length > 0;
  if (isList(anyOf))
    return anyOf.length > 0 && anyOf.every((candidate) => isObject(candidate) && isValueSchema(candidate));
  return only !== undefined || (typeof type === "string" && Object.hasOwn(readers, type));
};

/** The values of a schema in words. */
export const valueText = (schema: ValueSchema): string => {
  const { type, enum: allowed, const: only } = schema;
  if (isList(allowed)) return allowed.map(stringifyJson).join(" or ");
  if (only !== undefined) return stringifyJson(only);
  return type === "string" || type === "boolean" || type === "number" || type === "integer"
    ? `a ${type}`
    : `a value of the JSON Schema ${stringifyJson(schema)}`;
};
