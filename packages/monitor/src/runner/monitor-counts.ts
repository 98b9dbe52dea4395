/** What became of scorings; a scoring is one scorer's look at one trace or session. */
export interface MonitorCounts {
  /** Their judgement was written. */
  readonly scored: number;
  /** Data was missing, and nothing was written. */
  readonly skipped: number;
  /** The scorer failed, and its error was written as its feedback. */
  readonly failed: number;
  /** The trace had the scorer's judgement before. */
  readonly alreadyScored: number;
  /** The scorer's filter does not take the trace, or the trace belongs to an evaluation. */
  readonly filteredOut: number;
  readonly sampledOut: number;
  /**
   * Left to a later look, by this worker or another, though the trace is complete: the judge could not be asked, the trace
   * could not be read or filtered, an answer was uncertain, or the lease had ended. Counted each time; with `once` nothing comes
   * back to what is left.
   */
  readonly postponed: number;
  /** The workspace refused the judgement. */
  readonly rejected: number;
  /** Traces and sessions that were incomplete, could not be read or were postponed for so long that nobody looks any more. */
  readonly gaveUp: number;
  /** Traces that are not complete yet, and sessions that are not quiet yet, when last looked at. */
  readonly waiting: number;
}

export type MonitorCount = keyof MonitorCounts;

/** The counts of a run that has not begun. */
export const noCounts: MonitorCounts = {
  scored: 0,
  skipped: 0,
  failed: 0,
  alreadyScored: 0,
  filteredOut: 0,
  sampledOut: 0,
  postponed: 0,
  rejected: 0,
  gaveUp: 0,
  waiting: 0,
};
