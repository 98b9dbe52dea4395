import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";

/** Which scorer is meant. */
export interface ScorerReference {
  readonly experimentId: string;
  readonly name: string;
  readonly version?: number | undefined;
}

/** The error of a scorer that is not there. */
export const noScorer = (
  { experimentId, name, version }: ScorerReference,
  names: readonly string[] = [],
): TracelakeError =>
  new TracelakeError(ErrorCode.WORKSPACE_NOT_FOUND, {
    failed: `There is no such scorer in experiment ${experimentId}`,
    seen: `${quoteForMessage(name)}${version === undefined ? "" : `, version ${version}`}`,
    remedy:
      names.length === 0
        ? "Look at listScorers(), or register it first."
        : `Registered are ${names.map((known) => quoteForMessage(known)).join(", ")}.`,
  });

/** Whether a workspace says that something is not there. */
export const isNotFound = (error: unknown): error is TracelakeError =>
  TracelakeError.isInstance(error) && error.code === ErrorCode.WORKSPACE_NOT_FOUND;
