import { readFileSync } from "node:fs";
import type { JsonValue } from "@tracelake/wire";
import { describe, expect, it } from "vitest";
import { inputOf, judgeOf, type LabelledRow } from "../../../test/support/described-rows.ts";
import { scriptedJudge } from "./scripted-judge.ts";

/** What a model answered to one of our judges, and what came of it: `test/fixtures/judges/record.ts` writes them. */
interface RecordedAnswers {
  readonly manner: string;
  readonly row: number;
  readonly replies: readonly string[];
  readonly outcome:
    | { readonly type: "scored"; readonly values: readonly JsonValue[] }
    | { readonly type: "failed"; readonly code: string };
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/judges/${name}`, import.meta.url), "utf8"));
const { rows } = read("labelled-rows.json") as { rows: readonly LabelledRow[] };
const recorded = read("recorded-answers.json") as readonly RecordedAnswers[];

const replay = async ({ row, replies }: RecordedAnswers) => {
  const judged = rows[row];
  if (judged === undefined) throw new Error(`There is no row ${row}`);
  const judge = scriptedJudge(...replies);
  const outcome = await judgeOf(judged, "local:/gemma-3-270m").score(inputOf(judged), { judge });
  return { outcome, asked: judge.asked };
};

const verdictOf = (reply: string | undefined): unknown => (JSON.parse(reply ?? "") as { result: unknown }).result;

const all = recorded.map((answers) => ({ ...answers, of: rows[answers.row]?.class }));
const repaired = all.filter(({ outcome, replies }) => outcome.type === "scored" && replies.length === 2);
const refused = all.filter(({ outcome }) => outcome.type === "failed");
const readAtOnce = all.filter(({ outcome, replies }) => outcome.type === "scored" && replies.length === 1);

describe("what a real model of 270 million parameters answered", () => {
  it("is of all three kinds", () => {
    expect(readAtOnce.length).toBeGreaterThan(20);
    expect(repaired.length).toBeGreaterThan(3);
    expect(refused.length).toBeGreaterThan(3);
  });

  it.each(readAtOnce)("$manner, about row $row ($of), is read", async (answers) => {
    const { outcome, asked } = await replay(answers);
    expect(asked).toHaveLength(1);
    expect(outcome).toMatchObject({ type: "scored", feedbacks: [{ value: verdictOf(answers.replies[0]) }] });
  });

  it.each(repaired)("$manner, about row $row ($of), is read once it was corrected", async (answers) => {
    const { outcome, asked } = await replay(answers);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.messages.at(-2)).toEqual({ role: "assistant", content: answers.replies[0] });
    expect(asked[1]?.messages.at(-1)?.content).toContain("cannot be used");
    expect(outcome).toMatchObject({ type: "scored", feedbacks: [{ value: verdictOf(answers.replies[1]) }] });
  });

  it.each(refused)("$manner, about row $row ($of), is refused after one correction", async (answers) => {
    const { outcome, asked } = await replay(answers);
    expect(asked).toHaveLength(2);
    expect(outcome).toMatchObject({ type: "failed", error: { code: "JUDGE_ANSWER_INVALID" } });
  });
});
