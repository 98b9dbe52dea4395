import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import type { Context } from "hono";
import { messageOf } from "../store/messages.ts";
import { invalidParameter, tooLarge, type ErrorAnswer } from "./errors.ts";

const mebibyte = 1024 * 1024;

/** The largest body that is read, as it travels. */
export const largestBodyBytes = 64 * mebibyte;

/** The largest body that is worked on, after it was inflated. */
const largestInflatedBytes = 256 * mebibyte;

const limits = { maxOutputLength: largestInflatedBytes };

const inflaters: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  identity: async (bytes) => bytes,
  gzip: (bytes) => promisify(gunzip)(bytes, limits),
  deflate: (bytes) => promisify(inflate)(bytes, limits),
};

/** The body of a request without its content encoding, or the answer that refuses it. */
export const readBody = async (
  context: Context,
): Promise<{ readonly body: Buffer } | { readonly refusal: ErrorAnswer }> => {
  const encoding = (context.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  const inflater = Object.hasOwn(inflaters, encoding) ? inflaters[encoding] : undefined;
  if (inflater === undefined) {
    return { refusal: invalidParameter(`Unsupported Content-Encoding: ${encoding}. Send gzip, deflate or none.`) };
  }
  const bytes = Buffer.from(await context.req.arrayBuffer());
  try {
    return { body: await inflater(bytes) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      return { refusal: tooLarge(`The body is larger than ${largestInflatedBytes} bytes when inflated.`) };
    }
    return { refusal: invalidParameter(`The body is not ${encoding}: ${messageOf(error)}.`) };
  }
};
