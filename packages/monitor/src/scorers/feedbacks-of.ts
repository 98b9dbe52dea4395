import { AssessmentSourceType } from "@tracelake/wire";
import type { Feedback } from "../feedback.ts";
import type { ScorerCore, ScoringOutcome } from "../scorer.ts";

const sourceOf = ({ record, name }: ScorerCore): Feedback["source"] =>
  record.type === "builtin" || record.type === "instructions"
    ? { type: AssessmentSourceType.LLM_JUDGE, id: record.model ?? "default" }
    : { type: AssessmentSourceType.CODE, id: name };

/** What is written of an outcome, each with its source: nothing of one that was skipped. */
export const feedbacksOf = (scorer: ScorerCore, outcome: ScoringOutcome): Feedback[] => {
  if (outcome.type === "skipped") return [];
  const found = outcome.type === "failed" ? [{ error: outcome.error }] : outcome.feedbacks;
  return found.map((feedback) => ({ source: sourceOf(scorer), ...feedback }));
};
