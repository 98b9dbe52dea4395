import type { TraceSummary } from "@tracelake/workspace-client";

/** In Unix milliseconds. */
export const startMillisOf = ({ requestTime }: TraceSummary): number => requestTime?.getTime() ?? 0;

/** In Unix milliseconds; of a trace that has not ended, its start. */
export const endMillisOf = (summary: TraceSummary): number => startMillisOf(summary) + (summary.durationMillis ?? 0);

/**
 * Whether it is over, as far as is known without its spans.
 *
 * A trace whose root span says nothing of success has no state, and neither has one of which nothing is known: only the
 * first one has a duration.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/entities/trace_state.py
 */
export const hasEnded = ({ state, durationMillis }: TraceSummary): boolean =>
  state === "OK" || state === "ERROR" || (state !== "IN_PROGRESS" && durationMillis !== undefined);
