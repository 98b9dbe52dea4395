import type { ScorerRecord } from "../scorer-record.ts";

/** How much of an experiment's traffic a scorer sees. */
export interface Sampling {
  /** From 0, with which it does not run, to 1. */
  readonly sampleRate: number;
  /** Conditions in the language of MLflow's `search_traces`, joined by AND. All traces where absent. */
  readonly filter?: string;
}

/** What becomes of {@link Sampling}; what is absent stays as it is. */
export interface SamplingChange {
  readonly sampleRate?: number;
  /** `null` for all traces. */
  readonly filter?: string | null;
}

/** A scorer as an experiment keeps it. Its name is the record's. */
export interface StoredScorer extends Sampling {
  readonly record: ScorerRecord;
  /** Counted from 1, one more with each registration under the name; `undefined` where the workspace does not count. */
  readonly version: number | undefined;
}

/** The scorers of one experiment. All of it asks the workspace and throws `TracelakeError`s. */
export interface ScorerRegistry {
  readonly experimentId: string;
  /** The current version of each scorer. */
  list(): Promise<readonly StoredScorer[]>;
  /** The current version where none is named. */
  get(name: string, version?: number): Promise<StoredScorer>;
  /** All versions of a scorer, the oldest first. */
  versions(name: string): Promise<readonly StoredScorer[]>;
  /** Keeps a scorer, or a new version of it. How much it sees stays as it is; a new scorer does not run. */
  register(record: ScorerRecord): Promise<StoredScorer>;
  setSampling(name: string, change: SamplingChange): Promise<StoredScorer>;
  /** Forgets a scorer, or one version of it. Its assessments stay. */
  delete(name: string, version?: number): Promise<void>;
}
