import type { Agent as HttpAgent, ClientRequest, IncomingMessage, RequestOptions as HttpOptions } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { authorizationOf } from "./authorization.ts";
import { unreachableError } from "./refusal.ts";
import { assertHeaderValues } from "./header-values.ts";
import type { Connection } from "./connection.ts";
import type { ExportRequest } from "./export-requests.ts";

/** A `POST` that is sent as it is and answered or not: whoever sends it decides what an answer means. */
export interface OneRequest extends ExportRequest {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding?: "gzip";
  /** Ends the attempt, whatever state it is in. */
  readonly signal: AbortSignal;
  /** Until the connection stands. Default 10,000. */
  readonly connectTimeoutMillis?: number;
  /** For the whole attempt, by the clock and not by idleness. Default 30,000 and 1,000 for each MiB. */
  readonly timeoutMillis?: number;
}

/** Any answer, whatever its status. */
export interface OneAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** Empty where the answer is larger than 4 MiB: nobody's answer to an export is. */
  readonly bytes: Uint8Array;
  /** What the request was authorized with, so that just that can be given up. */
  readonly authorization: string | undefined;
}

const largestAnswerBytes = 4 * 1024 * 1024;
const bytesPerSecond = 1024 * 1024;

// Connections are kept for the next batch; an idle one does not keep the process alive.
const agentOptions = { keepAlive: true, maxFreeSockets: 16, keepAliveMsecs: 1_000 };
const agents: { http?: HttpAgent; https?: HttpsAgent } = {};

// Both are loaded when they are needed: together they take longer than everything else that an exporter starts with.
const openUrl = (url: URL, options: HttpOptions): ClientRequest => {
  if (url.protocol === "https:") {
    const { Agent, request } = process.getBuiltinModule("node:https");
    return request(url, { ...options, agent: (agents.https ??= new Agent(agentOptions)) });
  }
  const { Agent, request } = process.getBuiltinModule("node:http");
  return request(url, { ...options, agent: (agents.http ??= new Agent(agentOptions)) });
};

const readAnswer = async (response: IncomingMessage): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > largestAnswerBytes) return new Uint8Array();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const openRequest = (connection: Connection, options: OneRequest, authorization: string | undefined): ClientRequest =>
  openUrl(new URL(`${connection.baseUrl}${options.path}`), {
    method: "POST",
    signal: options.signal,
    headers: {
      ...options.headers,
      "content-type": options.contentType,
      "content-length": options.body.length,
      ...(options.contentEncoding === undefined ? {} : { "content-encoding": options.contentEncoding }),
      ...(authorization === undefined ? {} : { authorization }),
      "user-agent": "tracelake",
    },
  });

interface Limit {
  readonly totalMillis: number;
  readonly leftMillis: number;
}

const limitTime = (request: ClientRequest, options: OneRequest, { totalMillis, leftMillis }: Limit): (() => void) => {
  const fail = (what: string, millis: number): void => {
    request.destroy(
      Object.assign(new Error(`${what} took longer than ${Math.round(millis)} ms`), { code: "ETIMEDOUT" }),
    );
  };
  const connectMillis = options.connectTimeoutMillis ?? 10_000;
  const total = setTimeout(() => fail("the request", totalMillis), leftMillis).unref();
  const connect = setTimeout(() => fail("connecting", connectMillis), connectMillis).unref();
  const isConnected = (): void => clearTimeout(connect);
  request.once("socket", (socket) => {
    // Whoever waits for the answer keeps the process alive; what is sent beside the work does not.
    socket.unref();
    if (socket.connecting) socket.once("connect", isConnected);
    else isConnected();
  });
  return () => {
    clearTimeout(total);
    clearTimeout(connect);
  };
};

// An answer can arrive while the body is still on its way: a server that refuses a body need not read it.
const exchange = (request: ClientRequest, body: Uint8Array): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
    request.end(body);
  });

/**
 * Sends one request, once.
 *
 * @returns the answer, whatever its status.
 * @throws {TracelakeError} `WORKSPACE_UNAVAILABLE` where there was no answer; its `cause` has the system's code.
 * `CONFIG_*` where the credentials cannot be had or sent.
 */
export const sendOnce = async (connection: Connection, options: OneRequest): Promise<OneAnswer> => {
  const totalMillis = options.timeoutMillis ?? 30_000 + (options.body.length / bytesPerSecond) * 1_000;
  const startMillis = performance.now();
  const limit = AbortSignal.any([options.signal, AbortSignal.timeout(Math.ceil(totalMillis))]);
  const authorization = await authorizationOf(connection, limit);
  assertHeaderValues(connection, [authorization, ...Object.values(options.headers ?? {})]);
  let stopClocks = (): void => {};
  try {
    const request = openRequest(connection, options, authorization);
    stopClocks = limitTime(request, options, {
      totalMillis,
      leftMillis: totalMillis - (performance.now() - startMillis),
    });
    const response = await exchange(request, options.body);
    const bytes = await readAnswer(response);
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers["content-type"] ?? "",
      retryAfter: response.headers["retry-after"],
      bytes,
      authorization,
    };
  } catch (error) {
    throw unreachableError(connection, options, error);
  } finally {
    stopClocks();
  }
};
