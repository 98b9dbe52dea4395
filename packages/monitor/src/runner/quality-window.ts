/** A scorer whose judgements have become worse than they may be. */
export interface Degradation {
  readonly scorer: string;
  /** The share of judgements in the window that pass, from 0 to 1. */
  readonly passRate: number;
  readonly threshold: number;
  /** How many judgements are in the window. */
  readonly count: number;
  readonly windowMillis: number;
}

/** When quality counts as degraded. */
export interface DegradationRule {
  /** Below this share of judgements that pass. Default 0.8. */
  readonly threshold?: number;
  /** How far back judgements count. Default one hour. */
  readonly windowMillis?: number;
  /** How many judgements have to be in the window for it to say anything. Default 20. */
  readonly minimumCount?: number;
}

interface Judgement {
  readonly millis: number;
  readonly isPass: boolean;
}

// A window at a thousand judgements a second would hold millions of them.
const mostJudgements = 10_000;

/** Follows the share of one scorer's judgements that pass, and says so once when it falls below the threshold. */
export class QualityWindow {
  readonly #rule: Required<DegradationRule>;
  readonly #scorer: string;
  #judgements: Judgement[] = [];
  #passCount = 0;
  #isDegraded = false;

  constructor(scorer: string, rule: DegradationRule = {}) {
    const { threshold = 0.8, windowMillis = 3_600_000, minimumCount = 20 } = rule;
    this.#scorer = scorer;
    this.#rule = { threshold, windowMillis, minimumCount };
  }

  /** @returns the degradation that this judgement begins: one for each time that the pass rate falls. */
  add(isPass: boolean, nowMillis: number): Degradation | undefined {
    const { threshold, windowMillis, minimumCount } = this.#rule;
    this.#judgements.push({ millis: nowMillis, isPass });
    if (isPass) this.#passCount += 1;
    this.#forget(nowMillis - windowMillis);
    const count = this.#judgements.length;
    if (count < minimumCount) return undefined;
    const passRate = this.#passCount / count;
    const wasDegraded = this.#isDegraded;
    this.#isDegraded = passRate < threshold;
    if (wasDegraded || !this.#isDegraded) return undefined;
    return { scorer: this.#scorer, passRate, threshold, count, windowMillis };
  }

  #forget(beforeMillis: number): void {
    const tooMany = this.#judgements.length - mostJudgements;
    let old = this.#judgements.findIndex(({ millis }) => millis >= beforeMillis);
    old = Math.max(old, tooMany);
    if (old <= 0) return;
    for (const { isPass } of this.#judgements.splice(0, old)) if (isPass) this.#passCount -= 1;
  }
}
