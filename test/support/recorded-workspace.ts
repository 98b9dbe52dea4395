import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query, as they travelled. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface RecordedAnswer {
  readonly status?: number;
  readonly body?: unknown;
  /** Instead of `body`, as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a workspace answers to a request, by method and path: `"GET /api/…"`. */
export type Routes = Readonly<Record<string, RecordedAnswer | ((request: SeenRequest) => RecordedAnswer)>>;

const notFound: RecordedAnswer = {
  status: 404,
  body: { error_code: "ENDPOINT_NOT_FOUND", message: "No API found" },
};

/** Answers on loopback what was recorded, and keeps what was asked. */
export const withServer = async (
  routes: Routes,
  use: (server: { readonly url: string; readonly seen: SeenRequest[] }) => Promise<void>,
): Promise<void> => {
  const seen: SeenRequest[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "", url = "", headers } = request;
    const arrived = { method, url, headers, body: await text(request) };
    seen.push(arrived);
    const route = routes[`${method} ${url.split("?")[0]}`] ?? notFound;
    const { status = 200, body = {}, text: sent, headers: more } = typeof route === "function" ? route(arrived) : route;
    response.writeHead(status, { "content-type": "application/json", ...more }).end(sent ?? JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
