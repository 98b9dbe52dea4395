/**
 * Scorers as a quality bar in a Vitest suite: `expect.extend(scorerMatchers)`, once, in a setup file or in the test.
 *
 * @module
 */
import { quoteForMessage } from "@tracelake/wire";
import { evaluate, type Evaluation } from "./evaluate/evaluate.ts";
import type { EvaluationRow, ScoreSummary } from "./evaluate/evaluation.ts";
import { renderEvaluation } from "./evaluate/render-evaluation.ts";
import type { Feedback } from "./feedback.ts";
import { passes } from "./passes.ts";
import type { JudgeClient, ScorerCore } from "./scorer.ts";

/** How a row is held against scorers. */
export interface PassOptions {
  /** Default: as in `evaluate`, the judge of the environment. */
  readonly judge?: JudgeClient;
  /** The least that a number has to be to pass. Numbers do not pass without it. */
  readonly minimum?: number;
}

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
}

const reaches = ({ value }: Feedback, minimum: number | undefined): boolean =>
  typeof value === "number" ? minimum !== undefined && value >= minimum : passes(value) === true;

const describeFeedback = (scorer: string, { name = scorer, value, rationale, error }: Feedback): string =>
  `${name}: ${error === undefined ? quoteForMessage(value) : error.code}${rationale === undefined ? "" : ` (${rationale})`}`;

/** A row that was not scored has neither passed nor failed the bar: it fails the test, also behind `.not`. */
const assertScored = (evaluation: Evaluation): void => {
  const [row] = evaluation.rows;
  const unscored = Object.values(row?.outcomes ?? {}).some(
    (outcome) => outcome.type !== "scored" || outcome.feedbacks.some(({ error }) => error !== undefined),
  );
  if (unscored) throw new Error(`The row could not be held against every scorer.\n\n${renderEvaluation(evaluation)}`);
};

const toPassScorers = async (
  row: EvaluationRow,
  scorers: readonly ScorerCore[],
  { judge, minimum }: PassOptions = {},
): Promise<Result> => {
  const evaluation = await evaluate({ data: [row], scorers, ...(judge === undefined ? {} : { judge }) });
  assertScored(evaluation);
  const feedbacks = Object.entries(evaluation.rows[0]?.outcomes ?? {}).flatMap(([scorer, outcome]) =>
    outcome.type === "scored" ? outcome.feedbacks.map((feedback) => ({ scorer, feedback })) : [],
  );
  const lines = feedbacks.map(({ scorer, feedback }) => describeFeedback(scorer, feedback));
  return {
    pass: feedbacks.length > 0 && feedbacks.every(({ feedback }) => reaches(feedback, minimum)),
    message: () => (lines.length === 0 ? "No scorer found anything" : lines.join("\n")),
  };
};

const scoreOf = ({ scores }: Evaluation, name: string): ScoreSummary | undefined =>
  scores.find((score) => score.name === name);

/** Why a score cannot be held against a rate; `undefined` where it can be. */
const unheldReason = (score: ScoreSummary | undefined): string | undefined => {
  if (score === undefined) return "there is no score of this name";
  if (score.skipped > 0) return `skipped rows: ${score.skipped}`;
  if (score.scored + score.failed === 0) return "nothing was scored";
  return score.scored > 0 && score.passed === undefined ? "its values are not all yes or no" : undefined;
};

/** A score that is not there, or not of every row, has neither reached nor missed a rate: it fails the test, also behind `.not`. */
const assertHeld = (evaluation: Evaluation, names: readonly string[]): void => {
  const unheld = names.flatMap((name) => {
    const reason = unheldReason(scoreOf(evaluation, name));
    return reason === undefined ? [] : [`${name}: ${reason}`];
  });
  if (unheld.length === 0) return;
  throw new Error(
    `Not every score can be held against its rate.\n${unheld.join("\n")}\n\n${renderEvaluation(evaluation)}`,
  );
};

const toReachPassRates = (evaluation: Evaluation, rates: Readonly<Record<string, number>>): Result => {
  assertHeld(evaluation, Object.keys(rates));
  const short = Object.entries(rates).flatMap(([name, rate]) => {
    const { scored = 0, failed = 0, passed = 0 } = scoreOf(evaluation, name) ?? {};
    // What could not be scored did not pass.
    const reached = passed / (scored + failed);
    return reached >= rate ? [] : [`${name}: ${reached.toFixed(3)} instead of ${rate}`];
  });
  return {
    pass: short.length === 0,
    message: () => `${short.join("\n") || "All rates are reached"}\n\n${renderEvaluation(evaluation)}`,
  };
};

/**
 * The matchers `toPassScorer`, `toPassScorers` and `toReachPassRates`, for `expect.extend`. Vitest is given rather than
 * imported: it cannot be loaded as CommonJS, and this package is both.
 *
 * @see https://vitest.dev/guide/extending-matchers
 */
export const scorerMatchers = {
  toPassScorers,
  toPassScorer: async (row: EvaluationRow, scorer: ScorerCore, options?: PassOptions): Promise<Result> =>
    toPassScorers(row, [scorer], options),
  toReachPassRates,
};

declare module "vitest" {
  // oxlint-disable-next-line no-unused-vars -- Declarations merge only where their type parameters are the same.
  interface Matchers<T> {
    /**
     * Passes where every feedback of the scorer on this row says `yes`, `true` or `pass`, or reaches `minimum`. Has to be awaited. A
     * row that lacks what the scorer needs, or whose scoring fails, fails the test.
     */
    toPassScorer(scorer: ScorerCore, options?: PassOptions): Promise<void>;
    /** {@link Matchers.toPassScorer} for several scorers. */
    toPassScorers(scorers: readonly ScorerCore[], options?: PassOptions): Promise<void>;
    /**
     * Passes where an evaluation's share of passed rows is at least this, score by score. Failed rows have not passed. A score
     * that is not there, of which rows were skipped, or whose values are not all yes or no, fails the test.
     */
    toReachPassRates(rates: Readonly<Record<string, number>>): void;
  }
}
