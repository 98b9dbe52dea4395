import type { TraceAssessment } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import type { ScorerCore, ScoringInput, ScoringOutcome } from "../scorer.ts";
import { feedbacksOf } from "../scorers/feedbacks-of.ts";
import { outcomeOf } from "../scorers/outcome-of.ts";
import type { FeedbackWriter } from "./feedback-writer.ts";
import type { MonitorSettings } from "./monitor-options.ts";
import type { MonitorState } from "./monitor-state.ts";
import { MonitorMetadataKey, recordedScoring } from "./recorded-scorings.ts";
import type { RestingJudge } from "./resting-judge.ts";
import { untraced } from "./untraced.ts";

/** One scorer's look at one trace or session. */
export interface Scoring {
  readonly scorer: ScorerCore;
  readonly input: ScoringInput;
  /** The trace that the feedback is written to, and what is said of it already. */
  readonly traceId: string;
  readonly assessments: readonly TraceAssessment[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly lease: Lease;
}

/**
 * `again` where the trace has to be looked at again, and `later` where that has to wait: something that was sent may still
 * be on its way, or the judge cannot be asked for now.
 */
export type ScoringEnd = "done" | "again" | "later";

/** How long `later` is at least. */
export const uncertainMillis = ({ writeTimeoutMillis }: MonitorSettings): number => 2 * writeTimeoutMillis;

/** Scores, without writing anything: `again` where the run was ended meanwhile, `later` where no judge could be asked. */
export const judge = async (
  scoring: Scoring,
  { resting, signal }: { readonly resting: RestingJudge; readonly signal: AbortSignal },
): Promise<ScoringOutcome | "again" | "later"> => {
  const turn = resting.turn();
  const { scorer, input } = scoring;
  const outcome = await untraced(() => outcomeOf(scorer, input, { judge: turn.judge, signal }));
  // Neither says anything of the trace.
  if (outcome.type === "failed" && signal.aborted) return "again";
  return outcome.type === "failed" && turn.wasInVain() ? "later" : outcome;
};

const endOf = {
  rejected: "done",
  unsent: "again",
  uncertain: "later",
  refused: "later",
  forbidden: "forbidden",
} as const;
const problems = {
  rejected: "was refused",
  refused: "was refused for now",
  uncertain: "may not have arrived",
  forbidden: "may not be written",
} as const;

/**
 * Writes what {@link judge} found, once, and counts it. Where nothing can be said any more of what was judged before, the
 * judgement goes. @returns `forbidden` where it may write nothing at all.
 */
export const record = async (
  scoring: Scoring,
  outcome: ScoringOutcome,
  { state, writer }: { readonly state: MonitorState; readonly writer: FeedbackWriter },
): Promise<ScoringEnd | "forbidden"> => {
  const { scorer, traceId, lease, assessments, metadata } = scoring;
  const feedbacks = feedbacksOf(scorer, outcome);
  const recorded = recordedScoring(assessments, scorer.name);
  if (feedbacks.length === 0 && recorded.parts.length === 0) {
    state.count("skipped");
    return "done";
  }
  const written = await writer.write({
    traceId,
    scorerName: scorer.name,
    feedbacks,
    recorded,
    metadata: { ...metadata, [MonitorMetadataKey.RUN_ID]: state.runId },
    lease,
  });
  if (written.type === "written") {
    if (feedbacks.length === 0) state.count("skipped");
    else state.count(outcome.type === "failed" ? "failed" : "scored");
    state.judged(scorer.name, feedbacks);
    return "done";
  }
  state.count(written.type === "rejected" ? "rejected" : "postponed");
  if (written.type !== "unsent" && written.error !== undefined) {
    state.problem({
      message: `The judgement of ${scorer.name} ${problems[written.type]}: ${written.error.message}`,
      scorer: scorer.name,
      traceId,
      cause: written.error,
    });
  }
  return endOf[written.type];
};
