import { ErrorCode, quoteForMessage, TracelakeError, type JsonValue } from "@tracelake/wire";
import { logFeedback, type Connection, type Trace } from "@tracelake/workspace-client";
import { environmentJudge } from "../judging/judge-surroundings.ts";
import { repeatRefused } from "../runner/written.ts";
import { feedbacksOf } from "../scorers/feedbacks-of.ts";
import { outcomeOf } from "../scorers/outcome-of.ts";
import { Semaphore } from "../semaphore.ts";
import type { JudgeClient, ScorerCore, ScoringContext, ScoringInput, ScoringOutcome } from "../scorer.ts";
import { summarize, type EvaluatedRow, type EvaluationRow, type ScoreSummary } from "./evaluation.ts";

/** What is evaluated, and how. */
export interface EvaluateOptions {
  readonly data: readonly EvaluationRow[];
  readonly scorers: readonly ScorerCore[];
  /** Makes the outputs of rows that have neither outputs nor a trace. What it throws fails the row. */
  readonly predict?: (inputs: JsonValue) => JsonValue | Promise<JsonValue>;
  /** As `predict`, for scorers that read a trace: runs the application and reads the trace that it left. */
  readonly predictTrace?: (inputs: JsonValue) => Promise<Trace>;
  /**
   * Default: a judge client for the Databricks workspace or the MLflow server that the environment sends traces to, so that
   * nothing leaves a workspace unasked; where it names neither, one that asks OpenAI.
   */
  readonly judge?: JudgeClient;
  /** Rows at once. Default 4. */
  readonly maxConcurrency?: number;
  readonly signal?: AbortSignal;
  /** Where feedback is written beside the traces of rows that have one. Nowhere where absent. */
  readonly log?: { readonly connection: Connection };
}

/** What an evaluation found. */
export interface Evaluation {
  /** In the order of the data. */
  readonly rows: readonly EvaluatedRow[];
  readonly scores: readonly ScoreSummary[];
  /** Feedback that could not be written beside its trace. */
  readonly loggingErrors: readonly Error[];
}

const failedPrediction = (thrown: unknown): ScoringOutcome => ({
  type: "failed",
  error: {
    code: "PREDICTION_FAILED",
    message: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : quoteForMessage(thrown),
  },
});

const predicted = async (row: EvaluationRow, options: EvaluateOptions): Promise<ScoringInput> => {
  const { name: _, ...input } = row;
  if (input.outputs !== undefined || input.trace !== undefined || input.session !== undefined) return input;
  const { predict, predictTrace } = options;
  const inputs = input.inputs ?? null;
  if (predictTrace !== undefined) return { ...input, trace: await predictTrace(inputs) };
  return predict === undefined ? input : { ...input, outputs: await predict(inputs) };
};

const scoreRow = async (
  row: EvaluationRow,
  index: number,
  options: EvaluateOptions & { readonly judge: JudgeClient },
): Promise<EvaluatedRow> => {
  const name = row.name ?? String(index + 1);
  const { scorers, judge, signal } = options;
  const context: ScoringContext = { judge, ...(signal === undefined ? {} : { signal }) };
  let input: ScoringInput;
  try {
    input = await predicted(row, options);
  } catch (error) {
    const outcomes = scorers.map((scorer) => [scorer.name, failedPrediction(error)] as const);
    return { name, input: row, outcomes: Object.fromEntries(outcomes) };
  }
  const outcomes = await Promise.all(
    scorers.map(async (scorer) => [scorer.name, await outcomeOf(scorer, input, context)] as const),
  );
  return { name, input, outcomes: Object.fromEntries(outcomes) };
};

const logRow = async (
  connection: Connection,
  scorers: readonly ScorerCore[],
  { input, outcomes }: EvaluatedRow,
): Promise<Error[]> => {
  const traceId = input.trace?.info.traceId;
  if (traceId === undefined) return [];
  const errors: Error[] = [];
  for (const scorer of scorers) {
    const outcome = outcomes[scorer.name];
    for (const feedback of outcome === undefined ? [] : feedbacksOf(scorer, outcome)) {
      try {
        const options = { traceId, ...feedback, name: feedback.name ?? scorer.name, maxAttempts: 1 };
        await repeatRefused(() => logFeedback(connection, options));
      } catch (error) {
        errors.push(error instanceof Error ? error : new Error(quoteForMessage(error)));
      }
    }
  }
  return errors;
};

const assertUsable = ({ data, scorers, maxConcurrency = 1 }: EvaluateOptions): void => {
  const names = scorers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const seen =
    data.length === 0
      ? "no data"
      : scorers.length === 0
        ? "no scorer"
        : twice !== undefined
          ? `two scorers named ${quoteForMessage(twice)}`
          : maxConcurrency > 0
            ? undefined
            : `maxConcurrency ${maxConcurrency}`;
  if (seen === undefined) return;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "Nothing can be evaluated",
    seen,
    remedy: "Give at least one row and one scorer, each scorer a name of its own, and run at least one row at once.",
  });
};

/**
 * Runs scorers over a list: the same that score production traffic. A row that cannot be predicted or scored is a `failed`
 * in its place and stops nothing.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` without data or scorers, and where two scorers share a name.
 */
export const evaluate = async (options: EvaluateOptions): Promise<Evaluation> => {
  assertUsable(options);
  const { data, maxConcurrency = 4, log } = options;
  const judge = options.judge ?? environmentJudge();
  const places = new Semaphore(maxConcurrency);
  const evaluated = await Promise.all(
    data.map(async (row, index) =>
      places.run(async () => {
        const scored = await scoreRow(row, index, { ...options, judge });
        return { scored, errors: log === undefined ? [] : await logRow(log.connection, options.scorers, scored) };
      }),
    ),
  );
  const rows = evaluated.map(({ scored }) => scored);
  return { rows, scores: summarize(rows), loggingErrors: evaluated.flatMap(({ errors }) => errors) };
};
