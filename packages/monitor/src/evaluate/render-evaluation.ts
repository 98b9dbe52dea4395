import { quoteForMessage } from "@tracelake/wire";
import type { Evaluation } from "./evaluate.ts";
import { passes } from "../passes.ts";
import type { EvaluatedRow, ScoreSummary } from "./evaluation.ts";

const layOut = (lines: readonly (readonly string[])[]): string => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const cellsOf = ({ name, scored, passed, mean, skipped, failed }: ScoreSummary): string[] => [
  name,
  passed === undefined ? (mean === undefined ? "–" : mean.toFixed(3)) : percent(passed / scored),
  String(scored),
  String(skipped),
  String(failed),
];

const remarksOf = ({ name, outcomes }: EvaluatedRow): string[] =>
  Object.entries(outcomes).flatMap(([scorer, outcome]) => {
    const head = `${name} · ${scorer}`;
    if (outcome.type === "failed") return [`${head} failed: ${quoteForMessage(outcome.error.message)}`];
    if (outcome.type === "skipped") return [`${head} skipped: no ${outcome.missing.join(", no ")}`];
    return outcome.feedbacks
      .filter(({ value }) => passes(value) === false)
      .map(({ rationale }) => `${head} no${rationale === undefined ? "" : `: ${quoteForMessage(rationale)}`}`);
  });

/** An evaluation as a table of its scores, and below it every row that did not pass and why. */
export const renderEvaluation = ({ rows, scores }: Evaluation): string => {
  const table = layOut([["score", "passed", "scored", "skipped", "failed"], ...scores.map(cellsOf)]);
  const remarks = rows.flatMap(remarksOf);
  return remarks.length === 0 ? table : `${table}\n\n${remarks.join("\n")}`;
};
