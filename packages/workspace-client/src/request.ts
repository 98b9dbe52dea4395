import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, parseJson, TracelakeError } from "@tracelake/wire";
import type { Connection } from "./connection.ts";
import { authorizationOf, renewedAuthorization } from "./authorization.ts";
import { assertHeaderValues } from "./header-values.ts";
import { refusalOf, unreachableError } from "./refusal.ts";
import { readRetryAfterMillis } from "./retry-after.ts";

/** One call of an API and how long to try it. */
export interface RequestOptions {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Starts with a slash. */
  readonly path: string;
  /** An array repeats its name. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  /** What is being done, for messages: `"Writing spans to main.agents.x_otel_spans"`. */
  readonly purpose: string;
  /** What to do when access is denied; the setting or grant that is missing. */
  readonly remedies?: Readonly<Partial<Record<401 | 403 | 404, string>>>;
  /** Time for one attempt. Default 30,000. */
  readonly timeoutMillis?: number;
  /** Attempts in all. Default 4. */
  readonly maxAttempts?: number;
  /** Called before each attempt; what it throws ends the request. */
  readonly onAttempt?: () => void;
  /** Ends the request, and the waiting between attempts, as a request that got no answer. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer with a 2xx status. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

// What a server says when the same request may succeed later.
const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const firstDelayMillis = 500;
const longestDelayMillis = 30_000;
const largestAnswerBytes = 64 * 1024 * 1024;

const delayMillis = (attempt: number, retryAfterMillis: number | undefined): number =>
  Math.min(retryAfterMillis ?? Math.random() * firstDelayMillis * 2 ** attempt, longestDelayMillis);

const encodeBody = (body: unknown): { bytes?: Uint8Array<ArrayBuffer>; contentType?: string } => {
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { bytes: new Uint8Array(body), contentType: "application/x-protobuf" };
  return { bytes: new Uint8Array(Buffer.from(JSON.stringify(body))), contentType: "application/json" };
};

const urlOf = (connection: Connection, options: RequestOptions): string => {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(options.query ?? {})) {
    for (const value of [values].flat()) query.append(name, value);
  }
  return `${connection.baseUrl}${options.path}${query.size === 0 ? "" : `?${query.toString()}`}`;
};

interface Exchange {
  readonly response: Response;
  readonly authorization: string | undefined;
}

const exchange = async (connection: Connection, options: RequestOptions): Promise<Exchange> => {
  const signal = AbortSignal.any([
    AbortSignal.timeout(options.timeoutMillis ?? 30_000),
    ...(options.signal === undefined ? [] : [options.signal]),
  ]);
  const authorization = await authorizationOf(connection, signal);
  const response = await send(connection, options, { authorization, signal });
  const first = { response, authorization };
  const renewed = response.status === 401 ? await renewedAuthorization(connection, authorization, signal) : undefined;
  if (renewed === undefined) return first;
  await response.body?.cancel();
  return { response: await send(connection, options, { authorization: renewed, signal }), authorization: renewed };
};

const send = async (
  connection: Connection,
  options: RequestOptions,
  { authorization, signal }: { readonly authorization: string | undefined; readonly signal: AbortSignal },
): Promise<Response> => {
  const { bytes, contentType } = encodeBody(options.body);
  assertHeaderValues(connection, [authorization, ...Object.values(options.headers ?? {})]);
  return fetch(urlOf(connection, options), {
    method: options.method,
    headers: {
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...options.headers,
      ...(authorization === undefined ? {} : { authorization }),
      "user-agent": "tracelake",
    },
    // A redirect would carry the token to another host.
    redirect: "manual",
    signal,
    ...(bytes === undefined ? {} : { body: bytes }),
  });
};

const tooLarge = (): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_RESPONSE_INVALID, {
    failed: "The answer is too large to be read",
    seen: `more than ${largestAnswerBytes} bytes`,
    remedy: "Ask for less at once.",
  });

const readBytes = async ({ body }: Response): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > largestAnswerBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

interface Failure {
  readonly error: TracelakeError;
}

const attempt = async (connection: Connection, options: RequestOptions): Promise<Answer | Failure> => {
  try {
    const { response, authorization } = await exchange(connection, options);
    const { status, headers, ok } = response;
    if (ok) return { status, contentType: headers.get("content-type") ?? "", bytes: await readBytes(response) };
    // The status says enough where what follows it breaks off.
    const bytes = await readBytes(response).catch(() => new Uint8Array());
    const retryAfterMillis = readRetryAfterMillis(headers.get("retry-after") ?? undefined, Date.now());
    return { error: refusalOf(connection, options, { status, bytes, authorization, retryAfterMillis }) };
  } catch (error) {
    return { error: TracelakeError.isInstance(error) ? error : unreachableError(connection, options, error) };
  }
};

const isRetryable = ({ httpStatus, code }: TracelakeError): boolean =>
  httpStatus === undefined ? code === ErrorCode.WORKSPACE_UNAVAILABLE : retryableStatuses.has(httpStatus);

/**
 * One request to a workspace, retried while an answer or a broken connection says that it may help.
 *
 * @returns the answer, where its status is 2xx.
 * @throws {TracelakeError} `WORKSPACE_*`, with the status, the server's message and what to do; what `onAttempt` throws.
 */
export const request = async (connection: Connection, options: RequestOptions): Promise<Answer> => {
  const maxAttempts = options.maxAttempts ?? 4;
  for (let attempts = 1; ; attempts++) {
    options.onAttempt?.();
    const outcome = await attempt(connection, options);
    if (!("error" in outcome)) return outcome;
    const { error } = outcome;
    if (!isRetryable(error) || attempts >= maxAttempts || options.signal?.aborted === true) throw error;
    // Aborted while waiting, the next attempt fails at once and says so.
    await sleep(delayMillis(attempts, error.answer?.retryAfterMillis), undefined, { signal: options.signal }).catch(
      () => {},
    );
  }
};

/** What reads an answer's JSON: a zod schema. */
export interface AnswerSchema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error };
}

/**
 * {@link request} for JSON.
 *
 * @throws {TracelakeError} also `WORKSPACE_RESPONSE_INVALID`, where the answer does not have the documented form.
 */
export const requestJson = async <T>(
  connection: Connection,
  options: RequestOptions,
  schema: AnswerSchema<T>,
): Promise<T> => {
  const answer = await request(connection, options);
  const text = Buffer.from(answer.bytes).toString("utf8");
  const parsed = schema.safeParse(jsonOrNothing(text));
  if (parsed.success) return parsed.data;
  throw new TracelakeError(ErrorCode.WORKSPACE_RESPONSE_INVALID, {
    failed: `${options.purpose} got an answer that cannot be read`,
    seen: `${answer.contentType || "no content type"}, ${answer.bytes.length} bytes`,
    remedy: `Check that ${connection.baseUrl} is a Databricks workspace or an MLflow server.`,
    cause: parsed.error,
  });
};

// MLflow's server sends 64-bit integers as numbers.
const jsonOrNothing = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
};
