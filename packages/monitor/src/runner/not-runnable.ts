import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { JudgeClient, ScorerCore } from "../scorer.ts";
import { asksJudge, foreignReason } from "../scorers/scorer-of.ts";

const invalid = (scorer: ScorerCore, seen: string, remedy: string, cause?: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: `The scorer ${quoteForMessage(scorer.name)} cannot run here`,
    seen,
    remedy,
    cause,
  });

/**
 * Why a scorer says nothing of any trace here: its code is another client's, or its model cannot be asked. `undefined` where
 * it can run.
 */
export const notRunnable = (scorer: ScorerCore, judge: JudgeClient): TracelakeError | undefined => {
  const { record } = scorer;
  const foreign = foreignReason(record);
  if (foreign !== undefined) return invalid(scorer, foreign, "Leave it to the client that registered it.");
  if (!asksJudge(record)) return undefined;
  const model = record.model ?? judge.defaultModel;
  if (model === undefined) {
    return invalid(scorer, "neither it nor the judge names a model", "Give the scorer a `model`.");
  }
  try {
    judge.check?.(model);
    return undefined;
  } catch (cause) {
    const { seen, remedy } = TracelakeError.isInstance(cause)
      ? cause.parts
      : { seen: String(cause), remedy: "Give the scorer another `model`." };
    return invalid(scorer, `its judge model cannot be asked, ${seen}`, remedy, cause);
  }
};
