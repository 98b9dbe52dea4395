import { ErrorCode, TracelakeError } from "@tracelake/wire";

/**
 * What judging may take within any hour, in one process. What is absent is not limited. Where an answer comes without its
 * tokens, a token for every three bytes of text is counted against the budget, which is more than models commonly take.
 */
export interface JudgeBudget {
  /** Each attempt is one. */
  readonly calls?: number;
  /** Of questions and answers together. */
  readonly tokens?: number;
  /** US dollars. Models without a price in `prices` are not asked then. */
  readonly costUsd?: number;
}

/** What calls took; tokens and dollars are estimated as {@link JudgeBudget} says where an endpoint names no tokens. */
export interface JudgeSpending {
  readonly calls: number;
  readonly tokens: number;
  readonly costUsd: number;
}

const minuteMillis = 60_000;
const minutesPerHour = 60;
const kinds = ["calls", "tokens", "costUsd"] as const;

/** Adds up what judging took within the last hour, by the minute. */
export class HourlyBudget {
  readonly #budget: JudgeBudget;
  readonly #now: () => number;
  #minutes: { readonly minute: number; readonly spent: Record<keyof JudgeSpending, number> }[] = [];

  constructor(budget: JudgeBudget, now: () => number = () => performance.now()) {
    this.#budget = budget;
    this.#now = now;
  }

  /** What the last hour took. */
  spent(): JudgeSpending {
    const oldest = Math.floor(this.#now() / minuteMillis) - minutesPerHour;
    this.#minutes = this.#minutes.filter(({ minute }) => minute >= oldest);
    const total = (kind: keyof JudgeSpending): number => this.#minutes.reduce((sum, { spent }) => sum + spent[kind], 0);
    return { calls: total("calls"), tokens: total("tokens"), costUsd: total("costUsd") };
  }

  add(spending: Partial<JudgeSpending>): void {
    const minute = Math.floor(this.#now() / minuteMillis);
    let last = this.#minutes.at(-1);
    if (last?.minute !== minute) {
      last = { minute, spent: { calls: 0, tokens: 0, costUsd: 0 } };
      this.#minutes.push(last);
    }
    for (const kind of kinds) last.spent[kind] += spending[kind] ?? 0;
  }

  /**
   * Counts a call. Tokens are known only afterwards, so that calls on their way may go beyond theirs.
   *
   * @throws {TracelakeError} `JUDGE_BUDGET_EXHAUSTED`
   */
  reserveCall(): void {
    const spent = this.spent();
    const exhausted = kinds.find((kind) => spent[kind] >= (this.#budget[kind] ?? Number.POSITIVE_INFINITY));
    if (exhausted !== undefined) {
      throw new TracelakeError(ErrorCode.JUDGE_BUDGET_EXHAUSTED, {
        failed: "The judge models may not be asked any more this hour",
        seen: `${spent[exhausted]} of ${this.#budget[exhausted]} ${exhausted}`,
        remedy: "Wait, lower the sample rates, or raise the budget of the judge client.",
      });
    }
    this.add({ calls: 1 });
  }
}
