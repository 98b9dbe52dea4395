import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";

/** A request that the server got. */
export interface ReplayedRequest {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  /** Settles when the connection of an answer that never ends was closed by the client. */
  readonly left: Promise<void>;
}

/** A model server that answers a request for the model `x` with the recording `x`. */
export interface ReplayServer {
  readonly url: string;
  readonly requests: readonly ReplayedRequest[];
  close(): Promise<void>;
}

const fieldOf = (form: string, name: string): string | undefined =>
  new RegExp(`name="${name}"\\r\\n\\r\\n([^\\r]*)\\r\\n`).exec(form)?.[1];

const readBody = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("latin1");
  if (request.headers["content-type"]?.startsWith("multipart/") === true) {
    return { model: fieldOf(text, "model"), stream: fieldOf(text, "stream") === "true" };
  }
  return JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, unknown>;
};

const mediaTypes: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".txt": "text/plain",
  ".mp3": "audio/mpeg",
  ".bin": "application/octet-stream",
};

const headers = {
  "x-request-id": "req_replayed",
  "openai-processing-ms": "7",
  "x-ratelimit-remaining-tokens": "149984",
};

// Every event by itself, as a model produces them.
const sendEvents = async (response: ServerResponse, text: string): Promise<void> => {
  response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
  for (const event of text.split(/(?<=\n\n)/)) {
    response.write(event);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** The names under which a request may be answered: its model, or the parts of its path from the end. */
const namesOf = (request: IncomingMessage, body: Record<string, unknown>): string[] => {
  if (typeof body["model"] === "string") return [body["model"]];
  const { pathname } = new URL(request.url ?? "", "http://localhost");
  const [last = "", ...others] = pathname.split("/").toReversed();
  return [...(request.method === "GET" ? [`${last}-list`] : []), last, ...others].filter((name) => name !== "");
};

const isStreamAsked = (request: IncomingMessage, body: Record<string, unknown>): boolean =>
  body["stream"] === true || (request.url ?? "").includes("stream=true");

/**
 * Serves the recordings of a folder on a loopback port. The end of a file's name says what it is: `.json` an answer,
 * `.429.json` an answer with that status, `.silent.json` none at all, `.txt`, `.mp3` and `.bin` other bodies, `.sse` a stream, `.hang.sse` one that
 * never ends, `.drop.sse` one whose connection breaks. `.first.json` is the answer to the first request alone. A stream is
 * chosen where the request asks for one and there is one. A request without a model is answered after its path: `GET /files`
 * with `files-list`, `GET /files/file-1` with `file-1`.
 */
export const startReplayServer = async (folder: string): Promise<ReplayServer> => {
  const files = readdirSync(folder);
  const requests: ReplayedRequest[] = [];
  const answered = new Set<string>();
  const choose = (name: string, isStream: boolean): string | undefined => {
    const named = files.filter((file) => file.startsWith(`${name}.`));
    const first = answered.has(name) ? undefined : named.find((file) => file.includes(".first."));
    answered.add(name);
    const others = named.filter((file) => !file.includes(".first."));
    return first ?? others.find((file) => file.endsWith(".sse") === isStream) ?? others[0];
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const left = new Promise<void>((resolve) => response.once("close", resolve));
    requests.push({ path: request.url ?? "", headers: request.headers, body, left });
    const isStream = isStreamAsked(request, body);
    const name = namesOf(request, body).find((candidate) => files.some((file) => file.startsWith(`${candidate}.`)));
    const file = name === undefined ? undefined : choose(name, isStream);
    if (file === undefined) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "There is no such model", code: "model_not_found" } }));
      return;
    }
    if (file.endsWith(".silent.json")) return;
    if (file.endsWith(".sse")) {
      await sendEvents(response, readFileSync(join(folder, file), "utf8"));
      if (file.endsWith(".drop.sse")) response.destroy();
      else if (!file.endsWith(".hang.sse")) response.end();
      return;
    }
    const content = readFileSync(join(folder, file));
    const status = Number(/\.(\d{3})\.json$/.exec(file)?.[1] ?? 200);
    const retry = status === 429 ? { "retry-after-ms": "1", "retry-after": "0" } : {};
    const type = mediaTypes[extname(file)] ?? "application/octet-stream";
    response.writeHead(status, { ...headers, ...retry, "content-type": type, "content-length": content.byteLength });
    response.end(content);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The replay server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
};
