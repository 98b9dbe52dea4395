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
import { startModelFront, type ModelFront, type ModelFrontOptions } from "../support/model-front.ts";

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
  let held: ModelFront;
  const fronts: ModelFront[] = [];
  const clientOf = (baseUrl: string): JudgeClient =>
    createJudgeClient({
      providers: { local: { baseUrl } },
      defaultModel: "local:/gemma-3-270m",
      timeoutMillis: 300_000,
    });

  beforeAll(async () => {
    model = await startModelServer();
    held = await startModelFront(model.origin);
    fronts.push(held);
  });

  afterAll(async () => {
    for (const front of fronts) front.close();
    await model?.close();
  });

  it("held to the form of its answer, it gives a verdict every time", async () => {
    const judge = clientOf(held.baseUrl);
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

  /** What judging the rows comes to, and in how many turns each, where the model is asked so. */
  const judgeRows = async (options: ModelFrontOptions) => {
    const front = await startModelFront(model.origin, options);
    fronts.push(front);
    const outcomes: { readonly outcome: ScoringOutcome; readonly turns: number }[] = [];
    for (const row of rows) {
      for (const scorer of [safety(), relevanceToQuery(), correctness()]) {
        const counted = counting(clientOf(front.baseUrl));
        outcomes.push({ outcome: await scorer.score(row, { judge: counted }), turns: counted.turns });
      }
    }
    return outcomes;
  };

  it("cut short at first, it corrects itself once and gives a verdict", async () => {
    const outcomes = await judgeRows({ mostTokens: { first: 8, repaired: 200 } });
    for (const { outcome, turns } of outcomes) {
      expect(turns).toBe(2);
      expect(outcome).toMatchObject({ feedbacks: [{ value: expect.stringMatching(/^(yes|no)$/) as string }] });
    }
  });

  it("left to itself, it gives a verdict, or is refused after one correction, as some answers are", async () => {
    const outcomes = await judgeRows({ takesSchemas: false, mostTokens: { first: 100, repaired: 100 } });
    console.log(`Without a schema: ${outcomes.map(({ outcome, turns }) => `${outcome.type} in ${turns}`).join(", ")}`);
    for (const { outcome, turns } of outcomes) {
      if (outcome.type === "failed") {
        expect(outcome.error.code).toBe("JUDGE_ANSWER_INVALID");
        expect(turns).toBe(2);
      } else {
        expect(outcome).toMatchObject({ feedbacks: [{ value: expect.stringMatching(/^(yes|no)$/) as string }] });
        expect([1, 2]).toContain(turns);
      }
    }
    expect(outcomes.map(({ outcome }) => outcome.type)).toContain("failed");
  });
});
