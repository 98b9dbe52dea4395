import { AssessmentSourceType, ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import { withLifeCycle, type Scorer } from "../life-cycle.ts";
import type { Feedback } from "../feedback.ts";
import type { ScoringContext, ScoringInput, ScoringOutcome } from "../scorer.ts";
import { expectationsOf } from "../reading/expectations.ts";
import { guardScoring } from "./guard-scoring.ts";
import { inputsOf, outputsOf } from "./material.ts";
import { readFinding } from "./read-finding.ts";
import { withDeadline } from "./with-deadline.ts";

/**
 * What a scorer's code may find: a value, a whole feedback, or several with a name each. `undefined` and `null` find
 * nothing. Other objects and lists are refused: which of their values is meant cannot be known.
 */
export type CodeFinding = string | number | boolean | Feedback | readonly Feedback[] | null | undefined;

/**
 * A scorer's code. Inputs, outputs and expectations are those of the row, else those of the trace, as for judges. What it
 * throws becomes a `failed` outcome. `context.signal` ends with its time and with the run.
 */
export type ScorerFunction = (
  input: ScoringInput,
  context: Required<ScoringContext>,
) => CodeFinding | Promise<CodeFinding>;

/** What of a scorer in code is not its function. */
export interface DefineScorerOptions {
  readonly description?: string;
  /** Whether it reads `session` rather than one trace. Default `false`. */
  readonly isSessionLevel?: boolean;
  /**
   * How long it may take, after which it is a `failed` outcome with the code `SCORER_TIMEOUT`, whether it heeds its signal or
   * not. Code that never gives the thread back is not ended by it. Default 300,000.
   */
  readonly timeoutMillis?: number;
}

// MLflow's own limit of a scorer's code.
const defaultTimeoutMillis = 300_000;

/** The input with what a row has said or else its trace says: the same code reads rows of a test and production traffic. */
const withMaterial = (input: ScoringInput): ScoringInput => {
  const read = { inputs: inputsOf(input), outputs: outputsOf(input), expectations: expectationsOf(input) };
  return { ...input, ...Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) };
};

const outcomeOf = (name: string, finding: unknown): ScoringOutcome => {
  const read = readFinding(finding, name);
  if (!read.isRead) {
    const remedy = "Return a text, a number, a boolean, a feedback such as { value, rationale }, or a list of those.";
    const message = `The scorer ${quoteForMessage(name)} returned something that cannot be used: ${read.problem}. ${remedy}`;
    return { type: "failed", error: { code: "SCORER_RESULT_INVALID", message } };
  }
  const source = { type: AssessmentSourceType.CODE, id: name };
  return { type: "scored", feedbacks: read.feedbacks.map((feedback) => ({ source, ...feedback })) };
};

const assertUsable = (name: unknown, fn: unknown, timeoutMillis: number): void => {
  const isNamed = typeof name === "string" && name !== "";
  if (isNamed && typeof fn === "function" && timeoutMillis > 0) return;
  const seen = `the name ${quoteForMessage(name)}, a ${typeof fn} and ${timeoutMillis} milliseconds`;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The scorer cannot be defined",
    seen,
    remedy: 'Write `defineScorer("name", ({ outputs }) => …)`, with a `timeoutMillis` above 0 or none.',
  });
};

const timeoutError = (name: string, timeoutMillis: number): TracelakeError =>
  new TracelakeError(ErrorCode.SCORER_TIMEOUT, {
    failed: `The scorer ${quoteForMessage(name)} did not end in time`,
    seen: `nothing after ${timeoutMillis} ms`,
    remedy: "Let it end what it waits for when `context.signal` does, or give it a longer `timeoutMillis`.",
  });

/**
 * A scorer in TypeScript. It runs where it is written: in tests and in `runMonitor`, not on Databricks.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` without a name or a function, and for a time that is not above 0.
 */
export const defineScorer = (name: string, fn: ScorerFunction, options: DefineScorerOptions = {}): Scorer => {
  const { description, isSessionLevel = false, timeoutMillis = defaultTimeoutMillis } = options;
  assertUsable(name, fn, timeoutMillis);
  const score = async (input: ScoringInput, { judge, signal }: ScoringContext): Promise<ScoringOutcome> =>
    guardScoring(async () => {
      const material = withMaterial(input);
      const finding = await withDeadline(async (ending) => fn(material, { judge, signal: ending }), {
        timeoutMillis,
        signal,
        error: () => timeoutError(name, timeoutMillis),
      });
      return outcomeOf(name, finding);
    });
  return withLifeCycle({
    name,
    record: { type: "code", name, isSessionLevel, ...(description === undefined ? {} : { description }) },
    score,
  });
};
