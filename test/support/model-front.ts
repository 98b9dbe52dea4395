import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What stands between a judge and a small model. */
export interface ModelFrontOptions {
  /** `false` refuses, as endpoints without structured output do, to hold the model to a schema. Default `true`. */
  readonly takesSchemas?: boolean;
  /** How many tokens an answer may have before it is cut off; `first` where it is no correction. Default 400 for both. */
  readonly mostTokens?: { readonly first: number; readonly repaired: number };
}

export interface ModelFront {
  /** What `OPENAI_BASE_URL` is to be set to. */
  readonly baseUrl: string;
  readonly close: () => void;
}

interface Question {
  readonly messages: readonly { readonly role: string }[];
  readonly response_format?: {
    readonly json_schema?: { readonly schema?: { readonly properties?: Record<string, object> } };
  };
}

// A small model has no end of reasons: where it is held to a schema it is held to some sentences.
const rationaleCharacters = 200;

const read = async (request: IncomingMessage): Promise<Question> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Question;
};

const shortened = (question: Question): Question => {
  const properties = question.response_format?.json_schema?.schema?.properties;
  if (properties?.["rationale"] !== undefined) {
    properties["rationale"] = { ...properties["rationale"], maxLength: rationaleCharacters };
  }
  return question;
};

/**
 * Stands before a model's server, so that whoever asks gets the same answer each time and gets it soon: temperature 0,
 * and no more than so many tokens. Everything else arrives as it was sent.
 */
export const startModelFront = async (
  origin: string,
  { takesSchemas = true, mostTokens = { first: 400, repaired: 400 } }: ModelFrontOptions = {},
): Promise<ModelFront> => {
  const ask = async (question: Question, path: string): Promise<Response> => {
    if (!takesSchemas && question.response_format !== undefined) {
      return Response.json({ error: { message: "response_format is not supported" } }, { status: 400 });
    }
    const isFirst = !question.messages.some(({ role }) => role === "assistant");
    const limits = { temperature: 0, max_tokens: isFirst ? mostTokens.first : mostTokens.repaired };
    return fetch(`${origin}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...shortened(question), ...limits }),
    });
  };
  const server = createServer((request, response) => {
    void (async () => {
      const answer = await ask(await read(request), request.url ?? "");
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(await answer.text());
    })().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
