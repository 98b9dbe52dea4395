import { withLifeCycle, type Scorer } from "./life-cycle.ts";
import type { ScorerCore } from "./scorer.ts";

export type { Scorer } from "./life-cycle.ts";

/** What every constructor of a scorer ends with, so that all scorers have one life cycle. */
export const createScorer = (core: ScorerCore): Scorer => withLifeCycle(core);
