import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { conversations } from "./conversations.ts";

interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** What the judge says of the answer that stands in the question: by the guideline, if it is asked for one. */
const verdictOn = ({ messages }: ChatRequest, guideline: string): string => {
  const asked = messages.map(({ content }) => content).join("\n");
  const conversation = conversations.find(({ answer }) => asked.includes(answer));
  return JSON.stringify(asked.includes(guideline) ? conversation?.tone : conversation?.safety);
};

/** A judge model on loopback whose verdicts stand in `conversations.json`, so that the example needs no model. */
export const startJudgeServer = async (guideline: string) => {
  const server = createServer((request, response) => {
    const reply = async (): Promise<void> => {
      const body = (await json(request)) as ChatRequest;
      const message = { role: "assistant", content: verdictOn(body, guideline) };
      const usage = { prompt_tokens: 300, completion_tokens: 40, total_tokens: 340 };
      const choices = [{ index: 0, message, finish_reason: "stop" }];
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: "verdict", object: "chat.completion", model: body.model, choices, usage }));
    };
    reply().catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
