import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ScheduledScorer, ScorerCore } from "@tracelake/monitor";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

const isScorer = (value: unknown): value is ScorerCore =>
  typeof value === "object" && value !== null && "score" in value && "record" in value && "name" in value;

const isScheduled = (value: unknown): value is ScheduledScorer =>
  typeof value === "object" &&
  value !== null &&
  "scorer" in value &&
  isScorer(value.scorer) &&
  "sampleRate" in value &&
  typeof value.sampleRate === "number";

const unusable = (file: string, seen: string, cause?: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.COMMAND_USAGE, {
    failed: `The scorers of ${quoteForMessage(file)} cannot be used`,
    seen,
    remedy:
      "Name a module that exports scorers made with defineScorer, makeJudge and their like, " +
      "in a form that this Node.js runs: .mjs or .js, or .ts from Node.js 22.18 on.",
    cause,
  });

/**
 * The scorers that a module exports, by any name or in lists, alone or with a sample rate and a filter.
 *
 * @throws {TracelakeError} `COMMAND_USAGE`
 */
export const loadScorers = async (file: string): Promise<(ScorerCore | ScheduledScorer)[]> => {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    throw unusable(file, error instanceof Error ? error.message : String(error), error);
  }
  const scorers = [...new Set(Object.values(exported).flat())].filter(
    (value): value is ScorerCore | ScheduledScorer => isScorer(value) || isScheduled(value),
  );
  if (scorers.length === 0) throw unusable(file, `${Object.keys(exported).length} exports, none of them a scorer`);
  return scorers;
};
