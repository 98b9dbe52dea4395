import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a judge says to a question that contains all these texts. */
export interface JudgeAnswer {
  readonly contains: readonly string[];
  readonly answer: string;
}

/** A judge model that answers by what it is shown, so that two clients which show it the same get the same. */
export interface JudgeServer {
  /** What `OPENAI_BASE_URL` is to be set to. */
  readonly baseUrl: string;
  close(): Promise<void>;
}

interface Question {
  readonly messages: readonly { readonly content: string }[];
}

const read = async (request: IncomingMessage): Promise<Question> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Question;
};

/** Starts a judge on a loopback port. What none of the answers is for gets status 404. */
export const startJudgeServer = async (answers: readonly JudgeAnswer[]): Promise<JudgeServer> => {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { messages } = await read(request);
    const question = messages.map(({ content }) => content).join("\n");
    const found = answers.find(({ contains }) => contains.every((text) => question.includes(text)));
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    const message = { role: "assistant", content: found?.answer ?? "" };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
    response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 0, model: "judge", choices, usage }));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
