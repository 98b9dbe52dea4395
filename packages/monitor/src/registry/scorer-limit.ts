import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/**
 * As many as Databricks runs in one experiment.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/eval-monitor/production-monitoring
 */
const mostScorers = 20;

/** @throws {TracelakeError} `CONFIG_OPTION_INVALID` where an experiment has no room for one more scorer. */
export const assertRoom = (experimentId: string, name: string, count: number): void => {
  if (count < mostScorers) return;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: `The scorer ${quoteForMessage(name)} cannot be registered`,
    seen: `experiment ${experimentId} has ${count} scorers, and ${mostScorers} are the most that Databricks runs in one`,
    remedy: "Delete one that is no longer needed (tracelake scorers list), or use another experiment.",
  });
};
