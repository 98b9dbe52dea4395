import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createJudgeClient } from "@tracelake/monitor";
import type { JsonValue } from "@tracelake/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startModelServer, type ModelServer } from "../../examples/support-agent/scripts/model-server.ts";
import { inputOf, judgeOf, type LabelledRow } from "../support/described-rows.ts";
import { startModelFront, type ModelFront } from "../support/model-front.ts";
import { setup } from "../interop/prepare.ts";
import { runPython } from "../interop/python.ts";

/** What `judge_rows.py` prints of a row. */
type TheirAnswer = readonly { readonly value: JsonValue }[] | { readonly error: string };

/** A value, or why there is none. */
type Verdict = { readonly value: string } | { readonly problem: string };

interface JudgedRow {
  readonly row: LabelledRow;
  readonly ours: Verdict;
  readonly theirs: Verdict;
}

const setFile = fileURLToPath(new URL("../fixtures/judges/labelled-rows.json", import.meta.url));
const { rows } = JSON.parse(readFileSync(setFile, "utf8")) as { rows: readonly LabelledRow[] };

// A model of 270 million parameters agrees with people little more often than a coin does, whoever asks it: only what
// lies beyond chance, about one and a half standard deviations of the difference of two such counts, may fail here.
const marginRows = 6;

const isVerdict = (verdict: Verdict): verdict is { readonly value: string } =>
  "value" in verdict && ["yes", "no"].includes(verdict.value);
const isRight = ({ label }: LabelledRow, verdict: Verdict): boolean => isVerdict(verdict) && verdict.value === label;
const agree = ({ ours, theirs }: JudgedRow): boolean =>
  isVerdict(ours) && isVerdict(theirs) && ours.value === theirs.value;
const textOf = (verdict: Verdict): string => ("value" in verdict ? verdict.value : "none").slice(0, 12);

const verdictOf = (value: JsonValue | undefined): Verdict =>
  typeof value === "string" ? { value } : { problem: `its value is ${JSON.stringify(value)}` };

const readTheirs = (answer: TheirAnswer | undefined): Verdict => {
  if (answer === undefined) return { problem: "nothing was printed" };
  if ("error" in answer) return { problem: answer.error };
  const [first] = answer;
  return verdictOf(first?.value);
};

const countOf = (judged: readonly JudgedRow[], holds: (row: JudgedRow) => boolean): number =>
  judged.filter(holds).length;

/** How often each gave a verdict, both gave the same one, and each said what the label says. */
const figuresOf = (judged: readonly JudgedRow[]) => ({
  rows: judged.length,
  oursRead: countOf(judged, ({ ours }) => isVerdict(ours)),
  theirsRead: countOf(judged, ({ theirs }) => isVerdict(theirs)),
  same: countOf(judged, agree),
  oursRight: countOf(judged, ({ row, ours }) => isRight(row, ours)),
  theirsRight: countOf(judged, ({ row, theirs }) => isRight(row, theirs)),
});

const tableOf = (judged: readonly JudgedRow[]): string => {
  const lineOf = (name: string, of: readonly JudgedRow[]): string =>
    `${name.padEnd(24)}${Object.values(figuresOf(of))
      .map((figure) => String(figure).padStart(14))
      .join("")}`;
  const lines = [...new Set(judged.map(({ row }) => row.class))].map((name) =>
    lineOf(
      name,
      judged.filter(({ row }) => row.class === name),
    ),
  );
  const heads = ["rows", "ours read", "MLflow read", "the same", "ours right", "MLflow right"];
  const each = judged.map(
    ({ row, ours, theirs }, index) =>
      `${String(index).padStart(3)} ${row.class.padEnd(24)}${[row.label, textOf(ours), textOf(theirs)].map((text) => text.padStart(14)).join("")}`,
  );
  return [
    "Our judges and MLflow's, asking Gemma 3 270M:",
    `${"".padEnd(24)}${heads.map((head) => head.padStart(14)).join("")}`,
    ...lines,
    lineOf("all", judged),
    `${"row".padEnd(28)}${["label", "ours", "MLflow's"].map((head) => head.padStart(14)).join("")}`,
    ...each,
  ].join("\n");
};

describe("our judges and MLflow's over one labelled set, each in their own words to the same model", () => {
  let directory: string;
  let model: ModelServer;
  let front: ModelFront;
  let judged: readonly JudgedRow[];

  const judgeOurs = async (row: LabelledRow): Promise<Verdict> => {
    const judge = createJudgeClient({
      environment: { OPENAI_BASE_URL: front.baseUrl, OPENAI_API_KEY: "k" },
      timeoutMillis: 300_000,
    });
    const outcome = await judgeOf(row, "openai:/gemma-3-270m").score(inputOf(row), { judge });
    if (outcome.type === "scored") return verdictOf(outcome.feedbacks[0]?.value);
    return { problem: JSON.stringify(outcome) };
  };

  beforeAll(async () => {
    setup();
    directory = mkdtempSync(join(tmpdir(), "tracelake-agreement-"));
    model = await startModelServer();
    front = await startModelFront(model.origin);
    const { judged: theirs } = (await runPython(["judge_rows.py", setFile, "gemma-3-270m"], {
      cwd: directory,
      env: { OPENAI_BASE_URL: front.baseUrl, OPENAI_API_KEY: "k" },
      timeoutMillis: 900_000,
    })) as { judged: readonly TheirAnswer[] };
    const found: JudgedRow[] = [];
    for (const [index, row] of rows.entries()) {
      found.push({ row, ours: await judgeOurs(row), theirs: readTheirs(theirs[index]) });
    }
    judged = found;
    console.log(tableOf(judged));
  }, 1_500_000);

  afterAll(async () => {
    front?.close();
    await model?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("come to a verdict on every row", () => {
    expect(judged.flatMap(({ ours }) => (isVerdict(ours) ? [] : [ours]))).toEqual([]);
    expect(judged).toHaveLength(rows.length);
  });

  it("say what people say as often as MLflow's do, as far as so small a model can tell", () => {
    const { oursRight, theirsRight } = figuresOf(judged);
    expect(oursRight).toBeGreaterThanOrEqual(theirsRight - marginRows);
  });
});
