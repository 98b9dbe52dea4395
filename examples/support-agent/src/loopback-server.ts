import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A server that only this machine can reach. */
export interface LoopbackServer {
  /** What `OPENAI_BASE_URL` is to be set to. */
  baseUrl: string;
  close(): Promise<void>;
}

export interface LoopbackRequest {
  method: string;
  path: string;
  body: string;
}

/** Listens on a free port of 127.0.0.1. A handler that throws is answered with 500 and the error's message. */
export async function startLoopbackServer(
  handle: (request: LoopbackRequest, response: ServerResponse) => Promise<void>,
): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    void readRequest(request)
      .then((read) => handle(read, response))
      .catch((error: unknown) => {
        sendError(response, 500, error instanceof Error ? error.message : String(error));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });

  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers in the shape of the OpenAI API's errors. Cuts the connection where an answer has already begun. */
export function sendError(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message, type: "support_agent_example", code: status } }));
}

async function readRequest(request: IncomingMessage): Promise<LoopbackRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return {
    method: request.method ?? "GET",
    path: new URL(request.url ?? "/", "http://127.0.0.1").pathname,
    body: Buffer.concat(pieces).toString("utf8"),
  };
}
