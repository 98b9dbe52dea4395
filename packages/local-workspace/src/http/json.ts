import { TextDecoder } from "node:util";
import type { Context } from "hono";
import type { z } from "zod";
import { readBody } from "./body.ts";
import { invalidParameter } from "./errors.ts";
import { Refusal } from "./refusal.ts";

// What reads values deeper than this calls itself for each level.
const deepestNesting = 100;

const isTooDeep = (value: unknown): boolean => {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepestNesting) return true;
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return false;
};

const describe = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string =>
  issues.map(({ path, message }) => `${path.map(String).join(".") || "the body"}: ${message}`).join("; ");

/**
 * A value from outside in the form of `schema`.
 *
 * @throws {Refusal} where it is not.
 */
export const checked = <T>(schema: z.ZodType<T>, given: unknown): T => {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Refusal(invalidParameter(describe(parsed.error.issues)));
};

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new Refusal(invalidParameter("The body is not JSON."));
  }
};

/**
 * The JSON body of a request in the form of `schema`; no body at all is an empty object.
 *
 * @throws {Refusal} where it is not.
 */
export const readJson = async <T>(context: Context, schema: z.ZodType<T>): Promise<T> => {
  const body = await readBody(context);
  const given = body.length === 0 ? {} : parse(body);
  if (isTooDeep(given)) throw new Refusal(invalidParameter(`The body is nested deeper than ${deepestNesting} levels.`));
  return checked(schema, given);
};

/**
 * A parameter of a request's query that has to be there.
 *
 * @throws {Refusal} where it is not.
 */
export const requiredQuery = (context: Context, name: string): string => {
  const value = context.req.query(name);
  if (value !== undefined && value !== "") return value;
  throw new Refusal(invalidParameter(`Missing value for required parameter '${name}'.`));
};
