import { ErrorCode, TracelakeError } from "@tracelake/wire";

/** A scorer whose judgements by this worker have become worse than they may be. */
export interface Degradation {
  readonly scorer: string;
  /** The share of judgements in the window that pass, from 0 to 1. */
  readonly passRate: number;
  readonly threshold: number;
  /** How many judgements are in the window. */
  readonly count: number;
  /** How far back they were made at most; at least 59 60ths of it. */
  readonly windowMillis: number;
}

/** When quality counts as degraded. Each worker counts its own judgements. */
export interface DegradationRule {
  /** Below this share of judgements that pass: above 0, at most 1. Default 0.8. */
  readonly threshold?: number;
  /** How far back judgements count, to a 60th of it. Default one hour. */
  readonly windowMillis?: number;
  /** How many judgements have to be in the window for it to say anything. Default 20. */
  readonly minimumCount?: number;
}

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0;

const demands: Readonly<Record<keyof DegradationRule, readonly [(value: number) => boolean, string]>> = {
  threshold: [(value) => value > 0 && value <= 1, "a share above 0 and at most 1, such as 0.8"],
  windowMillis: [isPositive, "a positive number of milliseconds"],
  minimumCount: [(value) => Number.isInteger(value) && value > 0, "a whole number from 1"],
};

/** The rule with its defaults. @throws {TracelakeError} `CONFIG_OPTION_INVALID` where a part of it cannot be used. */
export const degradationRuleOf = ({
  threshold = 0.8,
  windowMillis = 3_600_000,
  minimumCount = 20,
}: DegradationRule = {}): Required<DegradationRule> => {
  const rule = { threshold, windowMillis, minimumCount };
  for (const [name, [isUsable, demand]] of Object.entries(demands)) {
    const value = rule[name as keyof DegradationRule];
    if (isUsable(value)) continue;
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: `The option degradation.${name} of the monitor cannot be used`,
      seen: String(value),
      remedy: `Give ${demand}.`,
    });
  }
  return rule;
};

/** The judgements of a part of the window. */
interface Bucket {
  /** Which part of all time, from when the clock began. */
  readonly number: number;
  count: number;
  passCount: number;
}

const bucketsInWindow = 60;

/** Follows the share of one scorer's judgements that pass, and says so once when it falls below the threshold. */
export class QualityWindow {
  readonly #rule: Required<DegradationRule>;
  readonly #scorer: string;
  /** Oldest first. */
  #buckets: Bucket[] = [];
  #isDegraded = false;

  constructor(scorer: string, rule: Required<DegradationRule>) {
    this.#scorer = scorer;
    this.#rule = rule;
  }

  /**
   * @param nowMillis by a clock that nobody sets.
   * @returns the degradation that this judgement begins: one for each time that the pass rate falls.
   */
  add(isPass: boolean, nowMillis: number): Degradation | undefined {
    const { threshold, windowMillis, minimumCount } = this.#rule;
    const bucket = this.#bucketAt(nowMillis);
    bucket.count += 1;
    if (isPass) bucket.passCount += 1;
    const count = this.#sum((one) => one.count);
    if (count < minimumCount) return undefined;
    const passRate = this.#sum((one) => one.passCount) / count;
    const wasDegraded = this.#isDegraded;
    this.#isDegraded = passRate < threshold;
    if (wasDegraded || !this.#isDegraded) return undefined;
    return { scorer: this.#scorer, passRate, threshold, count, windowMillis };
  }

  #bucketAt(nowMillis: number): Bucket {
    const number = Math.floor((nowMillis * bucketsInWindow) / this.#rule.windowMillis);
    const newest = this.#buckets.at(-1);
    if (newest?.number === number) return newest;
    const bucket: Bucket = { number, count: 0, passCount: 0 };
    this.#buckets = [...this.#buckets.filter((old) => old.number > number - bucketsInWindow), bucket];
    return bucket;
  }

  #sum(countOf: (bucket: Bucket) => number): number {
    return this.#buckets.reduce((sum, bucket) => sum + countOf(bucket), 0);
  }
}
