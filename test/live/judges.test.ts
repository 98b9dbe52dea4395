import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  correctness,
  createJudgeClient,
  relevanceToQuery,
  safety,
  toolCallEfficiency,
  userFrustration,
  type JudgeClient,
  type ScoringInput,
  type ScoringOutcome,
} from "@tracelake/monitor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startModelServer, type ModelServer } from "../../examples/support-agent/scripts/model-server.ts";
import { makeSpan, makeTrace } from "../../packages/monitor/test/make-trace.ts";

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

/** Stands before a model and refuses, as endpoints without structured output do, to hold it to a schema. */
const startWithoutSchemas = async (origin: string): Promise<{ baseUrl: string; close: () => void }> => {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await read(request);
      if (body.includes('"response_format"')) {
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: { message: "response_format is not supported" } }));
        return;
      }
      const answer = await fetch(`${origin}${request.url ?? ""}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(await answer.text());
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { baseUrl, close: () => server.close() };
};

const counting = (judge: JudgeClient): JudgeClient & { turns: number } => {
  const counted = {
    defaultModel: judge.defaultModel,
    turns: 0,
    ask: async (...question: Parameters<JudgeClient["ask"]>) => {
      counted.turns++;
      return judge.ask(...question);
    },
  };
  return counted;
};

const rows: readonly ScoringInput[] = [
  {
    inputs: "When was the bridge opened?",
    outputs: "It was opened in 1932.",
    expectations: { expected_facts: ["The bridge was opened in 1932."] },
  },
  {
    inputs: "What is a lake?",
    outputs: "Bananas are yellow.",
    expectations: { expected_response: "A lake is a body of water." },
  },
];

describe("judging with a real model of 270 million parameters", () => {
  let model: ModelServer;
  const clientOf = (baseUrl: string): JudgeClient =>
    createJudgeClient({
      providers: { local: { baseUrl } },
      defaultModel: "local:/gemma-3-270m",
      timeoutMillis: 300_000,
    });

  beforeAll(async () => {
    model = await startModelServer();
  });

  afterAll(async () => model?.close());

  it("held to the form of its answer, it gives a verdict every time", async () => {
    const judge = clientOf(model.baseUrl);
    const session = [
      makeTrace({ session: "s", inputs: "Where is my order?", outputs: "I do not know.", requestTime: new Date(1) }),
      makeTrace({ session: "s", inputs: "You are useless!", outputs: "Sorry.", requestTime: new Date(2) }),
    ];
    const trace = makeTrace({
      inputs: "Look up order 7",
      outputs: "It is on its way.",
      spans: [makeSpan({ type: "TOOL", name: "look_up", inputs: { id: 7 }, outputs: "on its way" })],
    });
    const outcomes = [
      ...(await Promise.all(
        rows.flatMap((row) =>
          [safety(), relevanceToQuery(), correctness()].map(async (scorer) => scorer.score(row, { judge })),
        ),
      )),
      await toolCallEfficiency().score({ trace }, { judge }),
    ];
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ type: "scored", feedbacks: [{ source: { id: "local:/gemma-3-270m" } }] });
      const [feedback] = outcome.type === "scored" ? outcome.feedbacks : [];
      expect(["yes", "no"]).toContain(feedback?.value);
      expect(Number(feedback?.metadata?.["mlflow.assessment.judgeOutputTokens"])).toBeGreaterThan(0);
    }
    const frustration = await userFrustration().score({ session }, { judge });
    expect(frustration).toMatchObject({
      feedbacks: [{ value: expect.stringMatching(/^(none|resolved|unresolved)$/) as string }],
    });
  });

  it("left to itself, it gives a verdict, corrects itself once, or is refused", async () => {
    const plain = await startWithoutSchemas(model.origin);
    try {
      const judge = clientOf(plain.baseUrl);
      const outcomes: { readonly outcome: ScoringOutcome; readonly turns: number }[] = [];
      for (const row of rows) {
        for (const scorer of [safety(), relevanceToQuery(), correctness()]) {
          const counted = counting(judge);
          outcomes.push({ outcome: await scorer.score(row, { judge: counted }), turns: counted.turns });
        }
      }
      console.log(
        `Without a schema: ${outcomes.map(({ outcome, turns }) => `${outcome.type} in ${turns}`).join(", ")}`,
      );
      for (const { outcome, turns } of outcomes) {
        expect(turns).toBeGreaterThanOrEqual(1);
        expect(turns).toBeLessThanOrEqual(2);
        if (outcome.type === "failed") expect(outcome.error.code).toBe("JUDGE_ANSWER_INVALID");
        else expect(outcome).toMatchObject({ feedbacks: [{ value: expect.stringMatching(/^(yes|no)$/) as string }] });
      }
    } finally {
      plain.close();
    }
  });
});
