import { quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { ScoringOutcome } from "../scorer.ts";

/** Why scoring failed, whatever was thrown. */
const failureOf = (error: unknown): ScoringOutcome => {
  try {
    if (TracelakeError.isInstance(error))
      return { type: "failed", error: { code: error.code, message: error.message } };
    if (error instanceof Error) {
      return { type: "failed", error: { code: String(error.name) || "Error", message: String(error.message) } };
    }
    return { type: "failed", error: { code: "Error", message: quoteForMessage(error) } };
  } catch {
    // What was thrown throws when it is looked at.
    return { type: "failed", error: { code: "Error", message: "Something was thrown that cannot be described." } };
  }
};

/** Runs a scoring so that it never throws. */
export const guardScoring = async (score: () => Promise<ScoringOutcome>): Promise<ScoringOutcome> => {
  try {
    return await score();
  } catch (error) {
    return failureOf(error);
  }
};
