import { askJudge, feedbackOf, type Judge } from "../judging/ask-judge.ts";
import type { Section } from "../judging/prompt.ts";
import { yesOrNo, type ValueSchema } from "../judging/value-type.ts";
import type { Feedback } from "../feedback.ts";
import type { ScoringContext, ScoringInput, ScoringOutcome } from "../scorer.ts";
import { gather, type MaterialKey } from "./material.ts";

/** One scoring. */
export interface Scoring {
  readonly input: ScoringInput;
  readonly context: ScoringContext;
  readonly judge: Judge;
}

/** A judge that is asked once about what can be read from its input. */
export interface SingleQuestion {
  readonly criterion: string;
  readonly needs: readonly MaterialKey[];
  /** What it also takes where it is there. */
  readonly welcomes?: readonly MaterialKey[];
  /** `yes` or `no` where absent. */
  readonly valueSchema?: ValueSchema;
  /** What it is told beside its material. */
  readonly sections?: readonly Section[];
  readonly metadata?: Feedback["metadata"];
}

export const scored = (...feedbacks: readonly Feedback[]): ScoringOutcome => ({ type: "scored", feedbacks });

export const skipped = (...missing: readonly string[]): ScoringOutcome => ({ type: "skipped", missing });

/** Asks a judge once, or says what is missing. @throws what `askJudge` throws */
export const judgeOnce = async (
  { input, context, judge }: Scoring,
  { criterion, needs, welcomes, valueSchema = yesOrNo, sections = [], metadata }: SingleQuestion,
): Promise<ScoringOutcome> => {
  const gathered = gather(input, needs, welcomes);
  if (!gathered.isComplete) return skipped(...gathered.missing);
  const question = { criterion, sections: [...sections, ...gathered.sections], valueSchema };
  return scored(feedbackOf(await askJudge(question, judge, context), metadata === undefined ? {} : { metadata }));
};
