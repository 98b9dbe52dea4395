import type { TraceSummary } from "@tracelake/workspace-client";

/** In Unix milliseconds. */
export const startMillisOf = ({ requestTime }: TraceSummary): number => requestTime?.getTime() ?? 0;

/** In Unix milliseconds; of a trace that has not ended, its start. */
export const endMillisOf = (summary: TraceSummary): number => startMillisOf(summary) + (summary.durationMillis ?? 0);

const ended: ReadonlySet<string> = new Set(["OK", "ERROR"]);

/** Whether its root span has come. */
export const hasEnded = ({ state }: TraceSummary): boolean => ended.has(state);
