import type { ScorerCore } from "../scorer.ts";

/** A scorer that is to run over new traces, or over new sessions. */
export interface ScheduledScorer {
  readonly scorer: ScorerCore;
  /** The share of traces that are scored, from 0 to 1. */
  readonly sampleRate: number;
  /** MLflow's filter; every trace where absent. */
  readonly filter?: string | undefined;
}
