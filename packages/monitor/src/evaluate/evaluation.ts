import type { Feedback } from "../feedback.ts";
import { passes } from "../passes.ts";
import type { ScoringInput, ScoringOutcome } from "../scorer.ts";

/** A case of an evaluation: what goes in, and what would be right. */
export interface EvaluationRow extends ScoringInput {
  /** What tables call it. Default: its place, from 1. */
  readonly name?: string;
}

/** A case and what every scorer said of it. */
export interface EvaluatedRow {
  readonly name: string;
  /** With the outputs or the trace that `predict` gave. */
  readonly input: ScoringInput;
  /** By the scorer's name. */
  readonly outcomes: Readonly<Record<string, ScoringOutcome>>;
}

/** How one score came out over all rows. */
export interface ScoreSummary {
  /** The scorer's name, or that of one of its feedbacks. */
  readonly name: string;
  /** Feedbacks with a value. */
  readonly scored: number;
  /** Of those, how many pass (`yes`, `true` or `pass`); `undefined` where one is neither yes nor no. */
  readonly passed: number | undefined;
  /** Their mean, where all are numbers. */
  readonly mean: number | undefined;
  /** Rows that lack what the scorer needs: those of all its scores. */
  readonly skipped: number;
  /** Rows that could not be scored, likewise. */
  readonly failed: number;
}

interface Tally {
  readonly feedbacks: Feedback[];
  skipped: number;
  failed: number;
}

const summaryOf = (name: string, { feedbacks, skipped, failed }: Tally): ScoreSummary => {
  const passing = feedbacks.map(({ value }) => passes(value));
  const numbers = feedbacks.flatMap(({ value }) => (typeof value === "number" ? [value] : []));
  const isCounted = feedbacks.length > 0;
  return {
    name,
    scored: feedbacks.length,
    passed: isCounted && !passing.includes(undefined) ? passing.filter(Boolean).length : undefined,
    mean:
      isCounted && numbers.length === feedbacks.length
        ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length
        : undefined,
    skipped,
    failed,
  };
};

/** Adds up what scorers said, in the order in which scores first appear. */
export const summarize = (rows: readonly EvaluatedRow[]): ScoreSummary[] => {
  const tallies = new Map<string, Tally>();
  const tallyOf = (name: string): Tally => {
    const tally = tallies.get(name) ?? { feedbacks: [], skipped: 0, failed: 0 };
    tallies.set(name, tally);
    return tally;
  };
  const outcomes = rows.flatMap((row) => Object.entries(row.outcomes));
  const scores = new Map<string, Set<Tally>>();
  for (const [scorer, outcome] of outcomes) {
    const own = scores.get(scorer) ?? new Set([tallyOf(scorer)]);
    scores.set(scorer, own);
    for (const feedback of outcome.type === "scored" ? outcome.feedbacks : []) {
      const tally = tallyOf(feedback.name ?? scorer);
      own.add(tally);
      if (feedback.error === undefined) tally.feedbacks.push(feedback);
      else tally.failed++;
    }
  }
  // What a scorer says nothing of lacks all that it would have said.
  for (const [scorer, { type }] of outcomes) {
    if (type !== "scored") for (const tally of scores.get(scorer) ?? []) tally[type]++;
  }
  return [...tallies].map(([name, tally]) => summaryOf(name, tally));
};
