import { ErrorCode, mostScorers, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** @throws {TracelakeError} `CONFIG_OPTION_INVALID` where an experiment has no room for one more scorer. */
export const assertRoom = (experimentId: string, name: string, count: number): void => {
  if (count < mostScorers) return;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: `The scorer ${quoteForMessage(name)} cannot be registered`,
    seen: `experiment ${experimentId} has ${count} scorers, and ${mostScorers} are the most that Databricks runs in one`,
    remedy: "Delete one that is no longer needed (tracelake scorers list), or use another experiment.",
  });
};
