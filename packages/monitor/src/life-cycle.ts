import { checkSampling, checkStart } from "./registry/check-sampling.ts";
import { openRegistry, type RegistryOptions } from "./registry/open-registry.ts";
import type { SamplingChange, ScorerRegistry, StoredScorer } from "./registry/scorer-registry.ts";
import { environmentJudge } from "./judging/judge-surroundings.ts";
import type { JudgeClient, ScorerCore, ScoringContext, ScoringInput, ScoringOutcome } from "./scorer.ts";
import type { ScorerRecord } from "./scorer-record.ts";
import { scorerOf } from "./scorers/scorer-of.ts";
import { noteDecided, noteRegistered } from "./unstarted.ts";

/** In which experiment a scorer is kept, and under which name. */
export interface RegisterOptions extends RegistryOptions {
  /** Under which it is kept and its assessments are written. Default: the scorer's own. */
  readonly name?: string;
}

/** How much of the traffic a scorer sees. */
export interface StartOptions {
  /** The share of the traces that it scores, more than 0 and at most 1. Default 1. */
  readonly sampleRate?: number;
  /** Which traces: conditions in the language of MLflow's `search_traces`, joined by AND. Default: all. */
  readonly filter?: string;
}

/** A scorer that can be registered, so that it scores the traffic of an experiment. It never changes. */
export interface Scorer extends ScorerCore {
  /** Scores one input, as `await safety().score({ outputs })`. The judge of the environment is asked where none is given. */
  readonly score: (input: ScoringInput, context?: Partial<ScoringContext>) => Promise<ScoringOutcome>;
  /**
   * Keeps the scorer in an experiment, or a new version of it where the name is taken. It does not run before it is started;
   * a scorer that runs already goes on with the new version.
   *
   * @throws {TracelakeError} `CONFIG_OPTION_INVALID` for a scorer that the workspace cannot run, such as TypeScript code, and
   *   for the 21st of an experiment; `CONFIG_*`, `LOCAL_WORKSPACE_FAILED`, `WORKSPACE_*`
   */
  register(options?: RegisterOptions): Promise<RegisteredScorer>;
}

/** A scorer of an experiment, as it was when it was read. Each call returns a new one. */
export interface RegisteredScorer extends Scorer {
  readonly experimentId: string;
  /** The share of the traces that it scores; 0 where it does not run. */
  readonly sampleRate: number;
  /** All traces where `undefined`. */
  readonly filter: string | undefined;
  /** Counted from 1; `undefined` where the workspace does not count. */
  readonly version: number | undefined;
  /**
   * Begins to score traces. Where the experiment keeps its traces in Unity Catalog, it has to name a SQL warehouse first.
   *
   * @throws {TracelakeError} `CONFIG_OPTION_INVALID` for a rate of 0 or a filter that cannot be read,
   *   `CONFIG_WAREHOUSE_MISSING`, `WORKSPACE_*`
   */
  start(options?: StartOptions): Promise<RegisteredScorer>;
  /** Changes what it scores; what is absent stays as it is. A filter of `null` means all traces. @throws as {@link start} */
  update(change: SamplingChange): Promise<RegisteredScorer>;
  /** Ends scoring and keeps the registration. @throws {TracelakeError} `WORKSPACE_*` */
  stop(): Promise<RegisteredScorer>;
}

const recordAs = (record: ScorerRecord, name: string | undefined): ScorerRecord =>
  name === undefined ? record : { ...record, name };

// One for all, so that there is one limit of calls at once.
let sharedJudge: JudgeClient | undefined;

/** Gives a scorer its life cycle: what every constructor of one ends with. */
export const withLifeCycle = (core: ScorerCore): Scorer => ({
  ...core,
  score: async (input, context = {}) =>
    core.score(input, { ...context, judge: context.judge ?? (sharedJudge ??= environmentJudge()) }),
  register: async ({ name, ...options }: RegisterOptions = {}) => {
    const registry = await openRegistry(options);
    const stored = await registry.register(recordAs(core.record, name));
    const { experimentId } = registry;
    if (stored.sampleRate === 0) noteRegistered({ experimentId, name: stored.record.name });
    return registeredScorer(registry, stored);
  },
});

/** The scorer that a registry keeps. */
export const registeredScorer = (registry: ScorerRegistry, stored: StoredScorer): RegisteredScorer => {
  const { record, sampleRate, filter, version } = stored;
  const { name } = record;
  const { experimentId } = registry;
  const change = async (wanted: SamplingChange): Promise<RegisteredScorer> => {
    const changed = await registry.setSampling(name, wanted);
    noteDecided({ experimentId, name });
    return registeredScorer(registry, changed);
  };
  return {
    ...withLifeCycle(scorerOf(record)),
    experimentId,
    sampleRate,
    filter,
    version,
    start: async (options: StartOptions = {}) => {
      const wanted = { sampleRate: options.sampleRate ?? 1, filter: options.filter ?? null };
      checkStart(name, wanted);
      return change(wanted);
    },
    update: async (wanted) => {
      checkSampling(name, wanted);
      return change(wanted);
    },
    stop: () => change({ sampleRate: 0 }),
  };
};
