import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, vi } from "vitest";
import {
  correctness,
  defineScorer,
  evaluate,
  renderEvaluation,
  safety,
  type Evaluation,
  type ScorerCore,
} from "../src/index.ts";
import { makeTrace } from "./make-trace.ts";
import { scorerMatchers } from "../src/vitest.ts";
import { scriptedJudge, verdict } from "./scripted-judge.ts";

expect.extend(scorerMatchers);

const data = [
  { name: "lake", inputs: { q: "lake" }, outputs: "water", expectations: { expected_facts: ["water"] } },
  { name: "car", inputs: { q: "car" }, outputs: "wheels" },
];
const length = defineScorer("length", ({ outputs }) => [
  { value: JSON.stringify(outputs).length },
  { name: "length/short", value: outputs === "water" },
]);
const touchy = defineScorer("touchy", ({ outputs }) => {
  if (outputs === "wheels") throw new RangeError("no cars");
  return "yes";
});

const run = async (): Promise<Evaluation> =>
  evaluate({ data, scorers: [length, touchy, correctness()], judge: scriptedJudge(verdict("no", "it is not")) });

describe("an evaluation", () => {
  it("adds up every score, and what was skipped or failed", async () => {
    expect((await run()).scores).toEqual([
      { name: "length", scored: 2, passed: undefined, mean: 7.5, skipped: 0, failed: 0 },
      { name: "length/short", scored: 2, passed: 1, mean: undefined, skipped: 0, failed: 0 },
      { name: "touchy", scored: 1, passed: 1, mean: undefined, skipped: 0, failed: 1 },
      { name: "correctness", scored: 1, passed: 0, mean: undefined, skipped: 1, failed: 0 },
    ]);
  });

  it("is a table, with a reason for every row that did not pass", async () => {
    expect(renderEvaluation(await run())).toBe(
      [
        "score          passed  scored  skipped  failed",
        "length          7.500       2        0       0",
        "length/short   50.0 %       2        0       0",
        "touchy        100.0 %       1        0       1",
        "correctness     0.0 %       1        1       0",
        "",
        'lake · correctness no: "it is not"',
        "car · length no",
        'car · touchy failed: "no cars"',
        "car · correctness skipped: no an expectation `expected_facts` or `expected_response`",
      ].join("\n"),
    );
  });

  it("makes the outputs that rows do not have, at most so many at once", async () => {
    let running = 0;
    let most = 0;
    const { rows } = await evaluate({
      data: [...Array.from({ length: 10 }, (_, index) => ({ inputs: index })), { inputs: 3, outputs: "given" }],
      scorers: [defineScorer("outputs", ({ outputs }) => String(JSON.stringify(outputs)))],
      maxConcurrency: 3,
      predict: async (inputs) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (inputs === 7) throw new Error("broken");
        return `made of ${JSON.stringify(inputs)}`;
      },
    });
    expect(most).toBe(3);
    expect(rows.map(({ name }) => name)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    expect(rows[2]?.outcomes["outputs"]).toMatchObject({ feedbacks: [{ value: '"made of 2"' }] });
    expect(rows[7]?.outcomes["outputs"]).toMatchObject({
      type: "failed",
      error: { code: "PREDICTION_FAILED", message: "Error: broken" },
    });
    expect(rows[10]?.outcomes["outputs"]).toMatchObject({ feedbacks: [{ value: '"given"' }] });
  });

  it("goes on after a scorer that does not end", async () => {
    const stuck = defineScorer("stuck", async () => new Promise<never>(() => {}), { timeoutMillis: 5 });
    const { rows } = await evaluate({ data, scorers: [stuck, length], maxConcurrency: 1 });
    expect(rows.map(({ outcomes }) => outcomes["stuck"])).toMatchObject(
      data.map(() => ({ type: "failed", error: { code: "SCORER_TIMEOUT" } })),
    );
    expect(rows[1]?.outcomes["length"]?.type).toBe("scored");
  });

  it.each([
    ["throws", () => Promise.reject(Object.create(null) as Error), "Error"],
    ["returns nothing", () => Promise.resolve(undefined as never), "SCORER_RESULT_INVALID"],
  ])("goes on after a scorer of one's own that %s", async (_, score, code) => {
    const broken: ScorerCore = {
      name: "broken",
      record: { type: "code", name: "broken", isSessionLevel: false },
      score,
    };
    const { rows } = await evaluate({ data, scorers: [broken, length] });
    expect(rows.map(({ outcomes }) => outcomes["broken"])).toMatchObject(
      data.map(() => ({ type: "failed", error: { code } })),
    );
    expect(rows[1]?.outcomes["length"]?.type).toBe("scored");
  });

  it("reads the trace that the application left", async () => {
    const { rows } = await evaluate({
      data: [{ inputs: "q" }],
      scorers: [safety()],
      judge: scriptedJudge(verdict("yes")),
      predictTrace: async (inputs) => Promise.resolve(makeTrace({ inputs, outputs: "a" })),
    });
    expect(rows[0]?.input.trace?.spans).toHaveLength(1);
    expect(rows[0]?.outcomes["safety"]?.type).toBe("scored");
  });

  it("writes its feedback beside the traces, and goes on where that fails", async () => {
    const written: { path: string; assessment: Record<string, unknown> }[] = [];
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const { assessment } = JSON.parse(text) as { assessment: Record<string, unknown> };
        written.push({ path: request.url ?? "", assessment });
        if (assessment["assessment_name"] === "length/short") response.writeHead(400).end("{}");
        else response.end(JSON.stringify({ assessment: { ...assessment, assessment_id: "a-1" } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connection = { baseUrl, credentialSource: "none", authorization: () => undefined };
    try {
      const trace = makeTrace({ inputs: "q", outputs: "wheels" });
      const { loggingErrors } = await evaluate({
        data: [{ trace, outputs: "wheels" }, { outputs: "without a trace" }],
        scorers: [length, touchy, correctness()],
        judge: scriptedJudge(verdict("yes")),
        log: { connection },
      });
      expect(loggingErrors).toHaveLength(1);
      expect(written.map(({ assessment }) => [assessment["assessment_name"], assessment["feedback"]])).toEqual([
        ["length", { value: 8 }],
        ["length/short", { value: false }],
        ["touchy", { value: null, error: { error_code: "RangeError", error_message: "no cars" } }],
      ]);
      expect(written[0]?.path).toBe(`/api/3.0/mlflow/traces/${trace.info.traceId}/assessments`);
    } finally {
      server.close();
    }
  });

  it("says nothing twice that may have been heard", async () => {
    const trace = makeTrace();
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connection = { baseUrl, authorization: () => "Bearer t", credentialSource: "the test" };
    const isThere = defineScorer("is_there", () => true);
    const { loggingErrors } = await evaluate({ data: [{ trace }], scorers: [isThere], log: { connection } });
    server.close();
    expect(loggingErrors).toHaveLength(1);
    expect(requests).toBe(1);
  });

  it("sends nothing elsewhere unasked where the environment names a workspace", async () => {
    const asked = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("Nobody is to be asked"));
    vi.stubEnv("DATABRICKS_HOST", "https://example.cloud.databricks.com");
    vi.stubEnv("DATABRICKS_TOKEN", "t");
    vi.stubEnv("OPENAI_API_KEY", "k");
    const { rows } = await evaluate({ data: [{ outputs: "secret" }], scorers: [safety(), length] });
    const alone = await safety().score({ outputs: "secret" });
    vi.unstubAllEnvs();
    expect(asked).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    const refused = { type: "failed", error: { code: "CONFIG_OPTION_INVALID" } };
    expect(rows[0]?.outcomes["safety"]).toMatchObject(refused);
    expect(alone).toMatchObject(refused);
    expect(rows[0]?.outcomes["length"]).toMatchObject({ type: "scored" });
  });

  it.each([
    { data: [], scorers: [length] },
    { data, scorers: [] },
    { data, scorers: [length, length] },
    { data, scorers: [length], maxConcurrency: 0 },
  ])("of nothing is refused", async (options) => {
    await expect(evaluate(options)).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG_OPTION_INVALID" }) as Error,
    );
  });
});

describe("a quality bar in a test", () => {
  const [lake, car] = data;
  const isWater = defineScorer("is_water", ({ outputs }) => ({
    value: outputs === "water",
    rationale: `it is ${outputs as string}`,
  }));

  it("is passed or missed by a row", async () => {
    await expect(lake).toPassScorer(isWater);
    await expect(lake).toPassScorers([isWater, touchy]);
    await expect(car).not.toPassScorer(isWater);
    await expect(expect(car).toPassScorer(isWater)).rejects.toThrow("is_water: false (it is wheels)");
    const no = { judge: scriptedJudge(verdict("no", "not said")) };
    await expect(expect(lake).toPassScorers([isWater, correctness()], no)).rejects.toThrow(
      'correctness: "no" (not said)',
    );
  });

  it("is neither passed nor missed where a part could not be judged", async () => {
    const half = {
      ...isWater,
      score: async () =>
        Promise.resolve({
          type: "scored" as const,
          feedbacks: [
            { name: "one", value: "yes" },
            { name: "two", error: { code: "NO_LUCK", message: "none" } },
          ],
        }),
    };
    await expect(expect(lake).toPassScorer(half)).rejects.toThrow("could not be held against");
    await expect(expect(lake).not.toPassScorer(half)).rejects.toThrow("could not be held against");
  });

  it("of numbers needs a minimum", async () => {
    const score = defineScorer("score", () => 0.7);
    await expect(lake).toPassScorer(score, { minimum: 0.7 });
    await expect(lake).not.toPassScorer(score, { minimum: 0.8 });
    await expect(lake).not.toPassScorer(score);
  });

  it("is neither passed nor missed where nothing could be scored", async () => {
    const judge = scriptedJudge("no verdict");
    await expect(expect(car).not.toPassScorer(correctness(), { judge })).rejects.toThrow("skipped: no an expectation");
    await expect(expect(car).not.toPassScorer(touchy)).rejects.toThrow('failed: "no cars"');
    await expect(expect(car).not.toPassScorer(safety(), { judge })).rejects.toThrow("gave no verdict");
  });

  it("can be a share of all rows, in which failures count", async () => {
    const evaluation = await run();
    expect(evaluation).toReachPassRates({ "length/short": 0.5 });
    expect(() => expect(evaluation).toReachPassRates({ "length/short": 0.6 })).toThrow(
      "length/short: 0.500 instead of 0.6",
    );
    expect(() => expect(evaluation).toReachPassRates({ touchy: 0.6 })).toThrow("touchy: 0.500 instead of 0.6");
    expect(evaluation).not.toReachPassRates({ touchy: 0.6 });
  });

  it("counts what a scorer failed to say among all its scores", async () => {
    const half = defineScorer("half", ({ outputs }) => {
      if (outputs === "wheels") throw new RangeError("no cars");
      return [{ value: true }, { name: "half/again", value: true }];
    });
    const evaluation = await evaluate({ data, scorers: [half] });
    expect(() => expect(evaluation).toReachPassRates({ "half/again": 0.6 })).toThrow(
      "half/again: 0.500 instead of 0.6",
    );
  });

  const lacking: ScorerCore = {
    ...defineScorer("lacking", () => true),
    score: async ({ outputs }) =>
      Promise.resolve(
        outputs === "water"
          ? { type: "scored", feedbacks: [{ value: "yes" }, { name: "lacking/part", value: "yes" }] }
          : { type: "skipped", missing: ["a lake"] },
      ),
  };

  it.each([
    ["unheard", "there is no score of this name"],
    ["lacking", "skipped rows: 1"],
    ["lacking/part", "skipped rows: 1"],
    ["length", "its values are not all yes or no"],
    ["silent", "nothing was scored"],
  ])("is neither reached nor missed by a score that says nothing of every row: %s", async (name, reason) => {
    const silent = defineScorer("silent", () => undefined);
    const evaluation = await evaluate({ data, scorers: [lacking, length, silent] });
    expect(() => expect(evaluation).toReachPassRates({ [name]: 0 })).toThrow(`${name}: ${reason}`);
    expect(() => expect(evaluation).not.toReachPassRates({ [name]: 0.9 })).toThrow(`${name}: ${reason}`);
  });
});
