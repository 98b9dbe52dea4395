import { quoteForMessage } from "@tracelake/wire";
import type { ScorerCore, ScoringContext, ScoringInput, ScoringOutcome } from "../scorer.ts";
import { guardScoring } from "./guard-scoring.ts";

const isOutcome = (value: unknown): value is ScoringOutcome => {
  const { type, feedbacks, error } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (type === "scored") return Array.isArray(feedbacks);
  return type === "skipped" || (type === "failed" && typeof error === "object" && error !== null);
};

/** What a scorer says of an input. One that breaks its promise to return an outcome, and not to throw, has failed. */
export const outcomeOf = (scorer: ScorerCore, input: ScoringInput, context: ScoringContext): Promise<ScoringOutcome> =>
  guardScoring(async () => {
    const outcome: unknown = await scorer.score(input, context);
    if (isOutcome(outcome)) return outcome;
    const message = `The scorer returned ${quoteForMessage(outcome)}, which is no outcome.`;
    return { type: "failed", error: { code: "SCORER_RESULT_INVALID", message } };
  });
