import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createJudgeClient,
  makeJudge,
  scorerOf,
  type Feedback,
  type ScoringInput,
  type ScoringOutcome,
} from "@tracelake/monitor";
import type { JsonValue } from "@tracelake/wire";
import type { Trace } from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inputOf, judgeOf, traceOf, type DescribedRow, type DescribedTrace } from "../support/described-rows.ts";
import { startJudgeServer, type JudgeAnswer, type JudgeServer } from "../support/judge-server.ts";
import { interopFolder, runPython } from "./python.ts";

interface Scenario {
  readonly answers: readonly JudgeAnswer[];
  readonly rows: readonly DescribedRow[];
  readonly strict: readonly DescribedRow[];
  readonly traces: readonly DescribedTrace[];
}

/** A feedback as `judge_rows.py` describes it. */
interface DescribedFeedback {
  readonly name: string;
  readonly value: JsonValue;
  readonly rationale: string | null;
  readonly source: string | undefined;
  readonly span: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

type TheirAnswer = readonly DescribedFeedback[] | { readonly error: string };

interface Theirs {
  readonly judged: readonly TheirAnswer[];
  readonly strict: readonly TheirAnswer[];
  readonly extracted: readonly {
    readonly request: string;
    readonly response: string;
    readonly documents: readonly (readonly (string | null)[])[];
    readonly tools: readonly string[];
    readonly expectations: Readonly<Record<string, JsonValue>> | null;
  }[];
}

const scenarioFile = join(interopFolder, "scenarios", "judged-rows.json");
const scenario = JSON.parse(readFileSync(scenarioFile, "utf8")) as Scenario;

let directory: string;
let server: JudgeServer;
let theirs: Theirs;

const scoreOurs = async (
  row: DescribedRow,
): Promise<{ input: ScoringInput; outcome: ScoringOutcome; name: string }> => {
  const scorer = judgeOf(row, "openai:/judge");
  const judge = createJudgeClient({ environment: { OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: "k" } });
  const input = inputOf(row);
  return { input, name: scorer.name, outcome: await scorer.score(input, { judge }) };
};

const keptKeys = ["chunk_index", "mlflow.assessment.judgeInputTokens", "mlflow.assessment.judgeOutputTokens"];

const describeOurs = (feedback: Feedback, name: string, trace: Trace | undefined): DescribedFeedback => ({
  name: feedback.name ?? name,
  value: feedback.value ?? null,
  rationale: feedback.rationale ?? null,
  source: feedback.source?.type,
  span: trace?.spans.find(({ spanId }) => spanId === feedback.spanId)?.name ?? null,
  metadata: Object.fromEntries(Object.entries(feedback.metadata ?? {}).filter(([key]) => keptKeys.includes(key))),
});

/** Where both have no judge's words to repeat, they say the same in their own. */
const ownWords = (feedback: DescribedFeedback): DescribedFeedback =>
  feedback.source === "CODE" || feedback.name === "knowledge_retention"
    ? { ...feedback, rationale: "in own words", metadata: {} }
    : feedback;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-judges-"));
  server = await startJudgeServer(scenario.answers);
  theirs = (await runPython(["judge_rows.py", scenarioFile, "judge"], {
    cwd: directory,
    env: { OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: "k" },
  })) as Theirs;
});

afterAll(async () => {
  await server?.close();
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
});

// The judge answers by what it is shown: these rows say that both show it the same material, and make the same of what it
// says. Whether both come to the same verdicts by their own words is told by test/live/agreement.test.ts.
describe("our built-in judges beside MLflow's, asking a judge that knows its answers", () => {
  it.each(scenario.rows.map((row, index) => ({ row, index })))(
    "$row.class shows it the same material of row $index, and reads the same verdict in the same form",
    async ({ row, index }) => {
      const { input, outcome, name } = await scoreOurs(row);
      const ours =
        outcome.type === "scored" ? outcome.feedbacks.map((one) => describeOurs(one, name, input.trace)) : outcome;
      const answer = theirs.judged[index];
      expect(answer).toBeInstanceOf(Array);
      expect(Array.isArray(ours) ? ours.map(ownWords) : ours).toEqual((answer as DescribedFeedback[]).map(ownWords));
    },
  );

  it("are stricter: what is no verdict is not written, and not scored where data is missing", async () => {
    const [word, prose, retriever, expectation] = await Promise.all(scenario.strict.map(scoreOurs));
    expect(word?.outcome).toMatchObject({ type: "failed", error: { code: "JUDGE_ANSWER_INVALID" } });
    expect(prose?.outcome).toMatchObject({ type: "failed", error: { code: "JUDGE_ANSWER_INVALID" } });
    expect(retriever?.outcome).toEqual({ type: "skipped", missing: ["a span of type RETRIEVER"] });
    expect(expectation?.outcome).toMatchObject({ type: "skipped" });
    expect(theirs.strict).toMatchObject([
      [{ value: "unknown" }],
      { error: expect.stringContaining("Failed to parse") as string },
      { error: expect.stringContaining("'RETRIEVER'") as string },
      { error: expect.stringContaining("expected_facts") as string },
    ]);
  });
});

describe("what judges read out of a trace", () => {
  /** The tags of a judge's question are what it was given. */
  const askedFor = async (described: DescribedTrace, className: string): Promise<string> => {
    let question = "";
    const judge = {
      defaultModel: "openai:/judge",
      ask: async ({ messages }: { messages: readonly { content: string }[] }): Promise<never> => {
        question = messages.at(-1)?.content ?? "";
        return Promise.reject(new Error("It was only asked"));
      },
    };
    await scorerOf({ type: "builtin", className, name: "n", isSessionLevel: false }).score(
      { trace: traceOf(described) },
      { judge },
    );
    return question;
  };

  const section = (question: string, tag: string): string | undefined =>
    new RegExp(`<${tag}>\\n(.*?)\\n</${tag}>`, "s").exec(question)?.[1];

  it.each(scenario.traces.map((trace, index) => ({ trace, index })))(
    "is what MLflow's read out of trace $index",
    async ({ trace, index }) => {
      const expected = theirs.extracted[index];
      const question = await askedFor(trace, "RelevanceToQuery");
      expect(section(question, "request")).toBe(expected?.request);
      expect(section(question, "response")).toBe(expected?.response);
    },
  );

  it("includes the same documents, tools and expectations", async () => {
    const index = scenario.traces.findIndex(({ spans }) => spans !== undefined);
    const trace = scenario.traces[index] ?? {};
    const expected = theirs.extracted[index];
    const documents = section(await askedFor(trace, "RetrievalGroundedness"), "documents") ?? "";
    const texts = [...documents.matchAll(/^\[\d+\]\n(.*)$/gm)].map(([, text]) => text);
    expect(texts).toEqual(expected?.documents[0]?.filter((text) => text !== null));
    const calls = section(await askedFor(trace, "ToolCallEfficiency"), "tool_calls") ?? "";
    expect([...calls.matchAll(/^\d+\. (.*)$/gm)].map(([, name]) => name)).toEqual(expected?.tools);
    const judge = makeJudge({ name: "n", instructions: "{{ expectations }}" });
    let given = "";
    await judge.score(
      { trace: traceOf(trace) },
      {
        judge: {
          defaultModel: "openai:/judge",
          ask: async ({ messages }) => {
            given = section(messages.at(-1)?.content ?? "", "expectations") ?? "";
            return Promise.reject(new Error("It was only asked"));
          },
        },
      },
    );
    expect(JSON.parse(given)).toEqual(expected?.expectations);
  });
});
