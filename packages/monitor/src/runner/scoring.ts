import { AssessmentSourceType, quoteForMessage } from "@tracelake/wire";
import type { TraceAssessment } from "@tracelake/workspace-client";
import type { Feedback } from "../feedback.ts";
import type { Lease } from "../leases/lease.ts";
import type { ScorerCore, ScoringContext, ScoringInput, ScoringOutcome } from "../scorer.ts";
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

type Judged = Exclude<ScoringOutcome, { readonly type: "skipped" }>;

const sourceOf = ({ record, name }: ScorerCore): Feedback["source"] =>
  record.type === "builtin" || record.type === "instructions"
    ? { type: AssessmentSourceType.LLM_JUDGE, id: record.model ?? "default" }
    : { type: AssessmentSourceType.CODE, id: name };

const feedbacksOf = (scorer: ScorerCore, outcome: Judged): Feedback[] => {
  const found = outcome.type === "failed" ? [{ error: outcome.error }] : outcome.feedbacks;
  return found.map((feedback) => ({ source: sourceOf(scorer), ...feedback }));
};

const isOutcome = (value: unknown): value is ScoringOutcome => {
  const { type, feedbacks, error } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (type === "scored") return Array.isArray(feedbacks);
  return type === "skipped" || (type === "failed" && typeof error === "object" && error !== null);
};

// Scorers promise an outcome, and not to throw; one that breaks the promise must not end the run.
const outcomeOf = async ({ scorer, input }: Scoring, context: ScoringContext): Promise<ScoringOutcome> => {
  try {
    const outcome: unknown = await untraced(() => scorer.score(input, context));
    if (isOutcome(outcome)) return outcome;
    const message = `The scorer returned ${quoteForMessage(outcome)}, which is no outcome.`;
    return { type: "failed", error: { code: "SCORER_RESULT_INVALID", message } };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
    return { type: "failed", error: { code: name, message } };
  }
};

/** Scores, without writing anything: `again` where the run was ended meanwhile, `later` where no judge could be asked. */
export const judge = async (
  scoring: Scoring,
  { resting, signal }: { readonly resting: RestingJudge; readonly signal: AbortSignal },
): Promise<ScoringOutcome | "again" | "later"> => {
  const turn = resting.turn();
  const outcome = await outcomeOf(scoring, { judge: turn.judge, signal });
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
  const feedbacks = outcome.type === "skipped" ? [] : feedbacksOf(scorer, outcome);
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
