import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";

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

const readBody = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, unknown>;
};

// Every event by itself, as a model produces them.
const sendEvents = async (response: ServerResponse, text: string): Promise<void> => {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_replayed" });
  for (const event of text.split(/(?<=\n\n)/)) {
    response.write(event);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/**
 * Serves the recordings of a folder on a loopback port. The end of a file's name says what it is: `.json` an answer,
 * `.429.json` an answer with that status, `.sse` a stream, `.hang.sse` one that never ends, `.drop.sse` one whose
 * connection breaks. A stream is chosen where the request asks for one and there is one.
 */
export const startReplayServer = async (folder: string): Promise<ReplayServer> => {
  const files = readdirSync(folder);
  const requests: ReplayedRequest[] = [];
  const choose = (model: string, isStream: boolean): string | undefined => {
    const named = files.filter((file) => file.startsWith(`${model}.`));
    return named.find((file) => file.endsWith(".sse") === isStream) ?? named[0];
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const left = new Promise<void>((resolve) => response.once("close", resolve));
    requests.push({ path: request.url ?? "", headers: request.headers, body, left });
    const file = choose(String(body["model"]), body["stream"] === true);
    if (file === undefined) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "There is no such model", code: "model_not_found" } }));
      return;
    }
    const text = readFileSync(join(folder, file), "utf8");
    if (file.endsWith(".sse")) {
      await sendEvents(response, text);
      if (file.endsWith(".drop.sse")) response.destroy();
      else if (!file.endsWith(".hang.sse")) response.end();
      return;
    }
    const status = Number(/\.(\d{3})\.json$/.exec(file)?.[1] ?? 200);
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req_replayed" });
    response.end(text);
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
