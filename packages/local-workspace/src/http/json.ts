import type { Context } from "hono";
import type { z } from "zod";
import { invalidParameter, type ErrorAnswer } from "./errors.ts";

type Read<T> = { readonly value: T } | { readonly refusal: ErrorAnswer };

const describe = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string =>
  issues.map(({ path, message }) => `${path.map(String).join(".") || "the body"}: ${message}`).join("; ");

/** A value from outside in the form of `schema`, or the answer that refuses it. */
const readValue = <T>(schema: z.ZodType<T>, given: unknown): Read<T> => {
  const parsed = schema.safeParse(given);
  return parsed.success ? { value: parsed.data } : { refusal: invalidParameter(describe(parsed.error.issues)) };
};

/** The JSON body of a request in the form of `schema`, or the answer that refuses it. */
export const readJson = async <T>(context: Context, schema: z.ZodType<T>): Promise<Read<T>> => {
  let given: unknown;
  try {
    given = await context.req.json();
  } catch {
    return { refusal: invalidParameter("The body is not JSON.") };
  }
  return readValue(schema, given);
};
