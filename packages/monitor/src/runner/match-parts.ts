import type { LogFeedbackOptions, TraceAssessment } from "@tracelake/workspace-client";

/** How what is recorded of a scoring becomes what the scorer says now. */
export interface MatchedParts {
  readonly changed: readonly {
    readonly feedback: LogFeedbackOptions;
    readonly existing: TraceAssessment;
  }[];
  /** Recorded, and not said any more. */
  readonly stale: readonly TraceAssessment[];
  /** Said, and not recorded yet. */
  readonly missing: readonly LogFeedbackOptions[];
}

/**
 * Which assessment becomes which feedback: one of the same name, else any other. Only of the same span, which no change can
 * set.
 *
 * @param recorded in the order of their parts, as the feedbacks are.
 */
export const matchParts = (
  feedbacks: readonly LogFeedbackOptions[],
  recorded: readonly TraceAssessment[],
): MatchedParts => {
  const left = new Set(recorded);
  const taken = new Map<LogFeedbackOptions, TraceAssessment>();
  for (const isNameAsked of [true, false]) {
    for (const feedback of feedbacks) {
      if (taken.has(feedback)) continue;
      const { name, spanId } = feedback;
      const existing = [...left].find((each) => each.spanId === spanId && (!isNameAsked || each.name === name));
      if (existing === undefined) continue;
      taken.set(feedback, existing);
      left.delete(existing);
    }
  }
  return {
    changed: [...taken].map(([feedback, existing]) => ({ feedback, existing })),
    stale: [...left],
    missing: feedbacks.filter((feedback) => !taken.has(feedback)),
  };
};
