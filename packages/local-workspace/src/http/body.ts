import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";
import type { Context } from "hono";
import { messageOf } from "../message-of.ts";
import { invalidParameter, tooLarge } from "./errors.ts";
import { Refusal } from "./refusal.ts";

const mebibyte = 1024 * 1024;

/** The largest body that is read, as it travels. */
const largestBodyBytes = 64 * mebibyte;

/** The largest body that is worked on, after it was inflated. */
const largestInflatedBytes = 256 * mebibyte;

const limits = { maxOutputLength: largestInflatedBytes };

const inflaters: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  identity: async (bytes) => bytes,
  gzip: (bytes) => promisify(gunzip)(bytes, limits),
  deflate: (bytes) => promisify(inflate)(bytes, limits),
};

const refuseTooLarge = (): never => {
  throw new Refusal(tooLarge(`The body is larger than ${largestBodyBytes} bytes.`));
};

// Hono's own limit makes a new request of one that comes in chunks, which the server's adaptor does not allow.
const readLimited = async (context: Context): Promise<Buffer> => {
  if (Number(context.req.header("content-length") ?? 0) > largestBodyBytes) refuseTooLarge();
  const reader = context.req.raw.body?.getReader();
  const chunks: Uint8Array[] = [];
  if (reader === undefined) return Buffer.alloc(0);
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > largestBodyBytes) {
      await reader.cancel();
      refuseTooLarge();
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks);
};

/**
 * The body of a request without its content encoding.
 *
 * @throws {Refusal} where it is larger than allowed, or not encoded as it says.
 */
export const readBody = async (context: Context): Promise<Buffer> => {
  const encoding = (context.req.header("content-encoding") ?? "identity").trim().toLowerCase();
  const inflater = Object.hasOwn(inflaters, encoding) ? inflaters[encoding] : undefined;
  if (inflater === undefined) {
    throw new Refusal(invalidParameter(`Unsupported Content-Encoding: ${encoding}. Send gzip, deflate or none.`));
  }
  const bytes = await readLimited(context);
  try {
    return await inflater(bytes);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
      throw new Refusal(tooLarge(`The body is larger than ${largestInflatedBytes} bytes when inflated.`));
    }
    throw new Refusal(invalidParameter(`The body is not ${encoding}: ${messageOf(error)}.`));
  }
};
