import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

/** A judge model on loopback. */
export interface ModelServer {
  readonly baseUrl: string;
  /** What it was asked, as it came. */
  readonly asked: readonly string[];
}

/** What a model answers, in OpenAI's form. */
export const completionOf = (content: string): string => JSON.stringify({ choices: [{ message: { content } }] });

/** Serves a model until the tests of the file are over. */
export const serveModel = async (
  answer: (response: ServerResponse, question: string) => void,
): Promise<ModelServer> => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      asked.push(text);
      answer(response, text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
};
