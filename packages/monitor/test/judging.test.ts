import type { Connection } from "@tracelake/workspace-client";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { describe, expect, it } from "vitest";
import {
  defineScorer,
  listScorers,
  safety,
  scorerOf,
  toolCallCorrectness,
  type JudgeClient,
  type JudgeClientOptions,
  type MonitorProblem,
} from "../src/index.ts";
import { completionOf, serveModel } from "./model-server.ts";
import { scriptedJudge, verdict } from "./scripted-judge.ts";
import { monitoredPlace } from "./monitored-place.ts";

const place = monitoredPlace("judging");

const send = (count: number) =>
  place.send(
    Array.from({ length: count }, (_, index) => ({
      id: (index + 1).toString(16).padStart(32, "0"),
      startMillis: Date.now() - 300_000 + index,
      inputs: `question ${index + 1}`,
      outputs: `answer ${index + 1}.`,
    })),
  );

const once = place.run;

/** The names of what was said of each trace. */
const said = async (): Promise<string[][]> =>
  (await place.traces()).map(({ assessments }) => assessments.map(({ name }) => name).sort());

const code = defineScorer("code", () => true);
const modelAt = (baseUrl: string): JudgeClientOptions => ({
  defaultModel: "test:/m",
  providers: { test: { baseUrl } },
  maxAttempts: 1,
  environment: {},
});

describe("a judge that cannot be asked", () => {
  it.each([401, 403, 404, 503])(
    "as it answers %d leaves nothing behind, and is asked by the next run",
    async (status) => {
      await send(3);
      let isDown = true;
      const { baseUrl } = await serveModel((response) =>
        isDown ? response.writeHead(status).end("{}") : response.end(completionOf(verdict("yes"))),
      );
      const problems: MonitorProblem[] = [];
      const options = { scorers: [safety(), code], judge: modelAt(baseUrl) };
      const counts = await once({ ...options, concurrency: 1, onProblem: (problem) => problems.push(problem) });
      expect(counts).toMatchObject({ scored: 3, failed: 0, postponed: 3 });
      expect(await said()).toEqual([["code"], ["code"], ["code"]]);
      expect(problems.map(({ message }) => message)).toEqual([
        expect.stringMatching(/^The judge cannot be asked, and its scorings are put off: /),
      ]);
      isDown = false;
      expect(await once(options)).toMatchObject({ scored: 3, alreadyScored: 3 });
      expect(await said()).toEqual(Array.from({ length: 3 }, () => ["code", "safety"]));
    },
  );

  it("as nobody is there leaves nothing behind", async () => {
    await send(2);
    const counts = await once({ scorers: [safety()], judge: modelAt("http://127.0.0.1:9") });
    expect(counts).toMatchObject({ scored: 0, failed: 0, postponed: 2 });
    expect(await said()).toEqual([[], []]);
  });

  it("about one trace is asked about the others", async () => {
    await send(20);
    const { baseUrl } = await serveModel((response, question) => {
      const isOdd = question.includes("answer 7.");
      setTimeout(
        () => (isOdd ? response.writeHead(500).end() : response.end(completionOf(verdict("yes")))),
        isOdd ? 50 : 5,
      );
    });
    const counts = await once({ scorers: [safety()], judge: modelAt(baseUrl), concurrency: 4 });
    expect(counts).toMatchObject({ scored: 19, failed: 0, postponed: 1 });
  });

  it("is waited for by its own scorers alone, and asked again while the run goes on", async () => {
    await send(5);
    let refusals = 0;
    const answering = scriptedJudge(verdict("yes"));
    const judge: JudgeClient = {
      defaultModel: "openai:/m",
      ask: async (request) => {
        if (++refusals > 2) return answering.ask(request);
        throw new TracelakeError(ErrorCode.JUDGE_BUDGET_EXHAUSTED, { failed: "F", seen: "S", remedy: "R." });
      },
    };
    const stopping = new AbortController();
    let meanwhile: string[][] = [];
    const problems: string[] = [];
    const running = once({
      once: false,
      scorers: [safety(), code],
      judge,
      // One slot: who sleeps in it keeps all others waiting.
      concurrency: 1,
      pollMillis: 20,
      writeTimeoutMillis: 1_000,
      signal: stopping.signal,
      onProblem: ({ message }) => problems.push(message),
    });
    await expect.poll(async () => (meanwhile = await said()).flat().length, { timeout: 30_000 }).toBe(5);
    expect(meanwhile).toEqual(Array.from({ length: 5 }, () => ["code"]));
    await expect.poll(async () => (await said()).flat().length, { timeout: 30_000 }).toBe(10);
    stopping.abort();
    expect(await running).toMatchObject({ scored: 10, failed: 0 });
    expect(problems).toContainEqual(expect.stringMatching(/^The judge is asked again later: /));
    expect(await said()).toEqual(Array.from({ length: 5 }, () => ["code", "safety"]));
  }, 90_000);

  it("says of a question that it does not take what the scorer's failure says", async () => {
    await send(1);
    const { baseUrl } = await serveModel((response) => response.writeHead(422).end("{}"));
    expect(await once({ scorers: [safety()], judge: modelAt(baseUrl) })).toMatchObject({ failed: 1 });
    expect(await said()).toEqual([["safety"]]);
  });
});

describe("a scorer that cannot run here", () => {
  const python = scorerOf({ type: "foreign", name: "python", isSessionLevel: false, serialized: "{}" });
  const later = scorerOf({ type: "builtin", className: "Later", name: "later", isSessionLevel: false });
  const environment = {};

  it("is left out and told of once, and the others run", async () => {
    await send(2);
    const problems: MonitorProblem[] = [];
    const counts = await once({
      scorers: [python, later, safety({ model: "databricks" }), safety({ name: "far", model: "databricks:/j" }), code],
      judge: { environment },
      onProblem: (problem) => problems.push(problem),
    });
    expect(counts).toMatchObject({ scored: 2, failed: 0, postponed: 0 });
    expect(await said()).toEqual([["code"], ["code"]]);
    expect(problems.map(({ message }) => message).sort()).toEqual([
      expect.stringMatching(/"far" cannot run here.*"databricks:\/j"/),
      expect.stringMatching(/"later" cannot run here.*"Later"/),
      expect.stringMatching(/"python" cannot run here.*another client/),
      expect.stringMatching(/"safety" cannot run here.*name an endpoint/),
    ]);
  });

  it("ends a run that has no other", async () => {
    await send(1);
    const options = { scorers: [safety({ model: "databricks" })], judge: { environment } };
    await expect(once(options)).rejects.toMatchObject({ code: "CONFIG_OPTION_INVALID" });
    await expect(once({ ...options, scorers: [] })).resolves.toMatchObject({ scored: 0 });
  });

  it("for want of a model runs where it asks none", async () => {
    await send(1);
    const scorers = [toolCallCorrectness({ exactMatch: true })];
    expect(await once({ scorers, judge: { defaultModel: "databricks" } })).toMatchObject({ skipped: 1 });
  });
});

describe("the scorers of an experiment", () => {
  const databricks: Connection = {
    baseUrl: "https://example.cloud.databricks.com",
    credentialSource: "the test",
    authorization: () => {
      throw new Error("Nobody is to be asked");
    },
  };
  it.each([
    ["Databricks", databricks],
    ["an MLflow server", { ...databricks, baseUrl: "http://127.0.0.1:9", service: "mlflow" as const }],
  ])("that run on %s itself do not run here unasked", async (_, connection) => {
    await expect(once({ connection })).rejects.toMatchObject({
      code: "CONFIG_OPTION_INVALID",
      message: expect.stringMatching(/judged twice.*listScorers/) as string,
    });
    // Asked for, they are.
    await expect(once({ connection, scorers: () => listScorers({ connection, experimentId: "1" }) })).rejects.toThrow(
      "Nobody is to be asked",
    );
  });
});

describe("a scorer that does not end", () => {
  it("fails when its time is over, and the run ends", async () => {
    await send(2);
    const stuck = defineScorer("stuck", async () => new Promise<never>(() => {}), { timeoutMillis: 50 });
    expect(await once({ scorers: [stuck, code], concurrency: 1 })).toMatchObject({ scored: 2, failed: 2 });
    const found = (await place.traces()).flatMap(({ assessments }) => assessments);
    expect(found.filter(({ name }) => name === "stuck")).toMatchObject(
      Array.from({ length: 2 }, () => ({ error: { code: "SCORER_TIMEOUT" } })),
    );
  });

  it("for want of an answer has failed itself, and is not judged again", async () => {
    await send(1);
    const unavailable = new TracelakeError(ErrorCode.WORKSPACE_UNAVAILABLE, { failed: "F", seen: "S", remedy: "R." });
    const silent: JudgeClient = {
      defaultModel: "test:/m",
      ask: async (_, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(unavailable))),
    };
    const question = { model: "test:/m", messages: [], schema: {} };
    const asking = defineScorer(
      "asking",
      async (_, context) => (await context.judge.ask(question, context.signal)).text,
      {
        timeoutMillis: 50,
      },
    );
    expect(await once({ scorers: [asking], judge: silent })).toMatchObject({ failed: 1, postponed: 0 });
  });
});

describe("judging", () => {
  it("makes as many calls at once as there are scorings", async () => {
    await send(60);
    let running = 0;
    let most = 0;
    const { baseUrl } = await serveModel((response) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running -= 1;
        response.end(completionOf(verdict("yes")));
      }, 50);
    });
    const counts = await once({ scorers: [safety()], judge: modelAt(baseUrl), concurrency: 20 });
    expect(counts).toMatchObject({ scored: 60 });
    expect(most).toBeGreaterThan(12);
    expect(most).toBeLessThanOrEqual(20);
  });

  it("of rows in a test and of production traffic is the same code", async () => {
    await send(1);
    const short = defineScorer(
      "short",
      ({ inputs, outputs }) => `${JSON.stringify(inputs)}: ${JSON.stringify(outputs).length}`,
    );
    expect(await once({ scorers: [short] })).toMatchObject({ scored: 1, failed: 0 });
    const [trace] = await place.traces();
    expect(trace?.assessments).toMatchObject([{ name: "short", value: '"question 1": 11' }]);
  });
});
