import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Connection } from "./connection.ts";
import { answerError, unreachableError } from "./answer-error.ts";

export interface RequestOptions {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Starts with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
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

const delayMillis = (attempt: number, retryAfter: string | null): number => {
  const seconds = Number(retryAfter);
  if (retryAfter !== null && Number.isFinite(seconds))
    return Math.min(Math.max(seconds * 1000, 250), longestDelayMillis);
  return Math.random() * Math.min(firstDelayMillis * 2 ** attempt, longestDelayMillis);
};

const encodeBody = (body: unknown): { bytes?: Uint8Array<ArrayBuffer>; contentType?: string } => {
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { bytes: new Uint8Array(body), contentType: "application/x-protobuf" };
  return { bytes: new Uint8Array(Buffer.from(JSON.stringify(body))), contentType: "application/json" };
};

const urlOf = (connection: Connection, options: RequestOptions): string => {
  const query = new URLSearchParams(options.query).toString();
  return `${connection.baseUrl}${options.path}${query === "" ? "" : `?${query}`}`;
};

// The HTTP client's own message for such a value would print it, and it may be a token.
const assertHeaderValues = (connection: Connection, values: readonly (string | undefined)[]): void => {
  if (values.every((value) => value === undefined || /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value))) return;
  throw new TracelakeError(ErrorCode.CONFIG_CREDENTIALS_MISSING, {
    failed: `The credentials or headers for ${connection.baseUrl} cannot be sent`,
    seen: "a value with a line break or another character that HTTP does not allow",
    remedy: `Check ${connection.credentialSource}.`,
  });
};

const attemptOnce = async (connection: Connection, options: RequestOptions): Promise<Response> => {
  const authorization = await connection.authorization();
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
    signal: AbortSignal.timeout(options.timeoutMillis ?? 30_000),
    ...(bytes === undefined ? {} : { body: bytes }),
  });
};

/**
 * One request to a workspace, retried while an answer or a broken connection says that it may help.
 *
 * @returns the answer, where its status is 2xx.
 * @throws {TracelakeError} `WORKSPACE_*`, with the status, the server's message and what to do.
 */
export const request = async (connection: Connection, options: RequestOptions): Promise<Answer> => {
  const maxAttempts = options.maxAttempts ?? 4;
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(connection, options).catch((error: unknown) =>
      TracelakeError.isInstance(error) ? error : unreachableError(connection, options, error),
    );
    if (outcome instanceof Response && outcome.ok) return readAnswer(connection, options, outcome);
    const isRetryable =
      outcome instanceof Response
        ? retryableStatuses.has(outcome.status)
        : outcome.code === ErrorCode.WORKSPACE_UNAVAILABLE;
    if (!isRetryable || attempt >= maxAttempts) {
      throw outcome instanceof Response ? await answerError(connection, options, outcome) : outcome;
    }
    const retryAfter = outcome instanceof Response ? outcome.headers.get("retry-after") : null;
    if (outcome instanceof Response) await outcome.body?.cancel();
    await sleep(delayMillis(attempt, retryAfter));
  }
};

const readAnswer = async (connection: Connection, options: RequestOptions, response: Response): Promise<Answer> => {
  const body = await response.arrayBuffer().catch((error: unknown) => unreachableError(connection, options, error));
  if (TracelakeError.isInstance(body)) throw body;
  const bytes = new Uint8Array(body);
  if (bytes.length > largestAnswerBytes) {
    throw new TracelakeError(ErrorCode.WORKSPACE_RESPONSE_INVALID, {
      failed: "The answer is too large to be read",
      seen: `${bytes.length} bytes`,
      remedy: "Ask for less at once.",
    });
  }
  return { status: response.status, contentType: response.headers.get("content-type") ?? "", bytes };
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
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new TracelakeError(ErrorCode.WORKSPACE_RESPONSE_INVALID, {
    failed: `${options.purpose} got an answer that cannot be read`,
    seen: `${answer.contentType || "no content type"}, ${answer.bytes.length} bytes`,
    remedy: `Check that ${connection.baseUrl} is a Databricks workspace or an MLflow server.`,
    cause: parsed.error,
  });
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
