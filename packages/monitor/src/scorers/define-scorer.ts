import { AssessmentSourceType, ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import { withLifeCycle, type Scorer } from "../life-cycle.ts";
import type { Feedback } from "../feedback.ts";
import type { ScoringContext, ScoringInput, ScoringOutcome } from "../scorer.ts";
import { expectationsOf } from "../reading/expectations.ts";
import { guardScoring } from "./guard-scoring.ts";
import { inputsOf, outputsOf } from "./material.ts";
import { readFinding } from "./read-finding.ts";

/**
 * What a scorer's code may find: a value, a whole feedback, or several with a name each. `undefined` and `null` find
 * nothing. Other objects and lists are refused: which of their values is meant cannot be known.
 */
export type CodeFinding = string | number | boolean | Feedback | readonly Feedback[] | null | undefined;

/**
 * A scorer's code. Inputs, outputs and expectations are those of the row, else those of the trace, as for judges. What it
 * throws becomes a `failed` outcome.
 */
export type ScorerFunction = (input: ScoringInput, context: ScoringContext) => CodeFinding | Promise<CodeFinding>;

/** What of a scorer in code is not its function. */
export interface DefineScorerOptions {
  readonly description?: string;
  /** Whether it reads `session` rather than one trace. Default `false`. */
  readonly isSessionLevel?: boolean;
}

const untilAborted = async <T>(call: Promise<T>, signal: AbortSignal): Promise<T> => {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error(`Stopped: ${quoteForMessage(signal.reason)}`));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
};

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

/**
 * A scorer in TypeScript. It runs where it is written: in tests and in `runMonitor`, not on Databricks.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` without a name or a function.
 */
export const defineScorer = (name: string, fn: ScorerFunction, options: DefineScorerOptions = {}): Scorer => {
  if (typeof name !== "string" || name === "" || typeof fn !== "function") {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The scorer cannot be defined",
      seen: `the name ${quoteForMessage(name)} and a ${typeof fn}`,
      remedy: 'Write `defineScorer("name", ({ outputs }) => …)`.',
    });
  }
  const { description, isSessionLevel = false } = options;
  const score = async (input: ScoringInput, context: ScoringContext): Promise<ScoringOutcome> =>
    guardScoring(async () => {
      const { signal } = context;
      const call = Promise.resolve(fn(withMaterial(input), context));
      return outcomeOf(name, await (signal === undefined ? call : untilAborted(call, signal)));
    });
  return withLifeCycle({
    name,
    record: { type: "code", name, isSessionLevel, ...(description === undefined ? {} : { description }) },
    score,
  });
};
