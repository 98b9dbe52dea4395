import { ErrorCode, TracelakeError, type JsonValue } from "@tracelake/wire";
import { rowsByName, type SqlAnswer } from "@tracelake/workspace-client";

/** One scorer's judgements of one hour or day. */
export interface QualityPeriod {
  /** When it begins, in Unix milliseconds. */
  readonly startMillis: number;
  /** How many judgements say yes or no. */
  readonly judged: number;
  readonly passed: number;
  readonly errors: number;
}

/** One scorer's judgements over time. */
export interface ScorerQuality {
  readonly scorer: string;
  readonly periods: readonly QualityPeriod[];
}

const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

const millisOf = (value: JsonValue | undefined): number => {
  const text = textOf(value).replace(" ", "T");
  return Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
};

const mostPeriods = 50_000;

/** How many rows to ask the ready query `quality` for: with one more than there may be it shows that some are missing. */
export const qualityLimit = mostPeriods + 1;

/**
 * The answer to the ready query `quality`, by scorer.
 *
 * @throws {TracelakeError} `COMMAND_USAGE` where there are more periods than it was asked for: totals would be too small.
 */
export const qualityOf = (answer: SqlAnswer): ScorerQuality[] => {
  const rows = rowsByName(answer);
  if (rows.length > mostPeriods) {
    throw new TracelakeError(ErrorCode.COMMAND_USAGE, {
      failed: "The judgements are of too many periods to be shown",
      seen: `more than ${mostPeriods.toLocaleString("en")} periods of all scorers`,
      remedy: "Give a later --since, or --by day.",
    });
  }
  const byScorer = new Map<string, QualityPeriod[]>();
  for (const row of rows) {
    const scorer = textOf(row["scorer"]);
    const period = {
      startMillis: millisOf(row["period"]),
      judged: Number(row["judged"]),
      passed: Number(row["passed"]),
      errors: Number(row["errors"]),
    };
    const periods = byScorer.get(scorer);
    if (periods === undefined) byScorer.set(scorer, [period]);
    else periods.push(period);
  }
  return [...byScorer].map(([scorer, periods]) => ({ scorer, periods }));
};

/** What the periods say together. */
export const totalOf = ({ periods }: ScorerQuality): Omit<QualityPeriod, "startMillis"> => ({
  judged: periods.reduce((sum, { judged }) => sum + judged, 0),
  passed: periods.reduce((sum, { passed }) => sum + passed, 0),
  errors: periods.reduce((sum, { errors }) => sum + errors, 0),
});

/** The share that passes; `undefined` where nothing was judged. */
export const passRateOf = ({ judged, passed }: Pick<QualityPeriod, "judged" | "passed">): number | undefined =>
  judged === 0 ? undefined : passed / judged;
