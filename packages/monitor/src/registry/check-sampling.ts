import { ErrorCode, parseTraceFilter, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { SamplingChange } from "./scorer-registry.ts";

const refusal = (name: string, seen: string, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: `The scorer ${quoteForMessage(name)} cannot be told what to score`,
    seen,
    remedy,
  });

const remedyOf = (filter: string): string => {
  if (/\sor\s/i.test(filter))
    return "Conditions are joined by AND only: register a second scorer for what stands behind OR.";
  return "Write conditions such as trace.status = 'OK' AND trace.execution_time_ms > 5000, joined by AND. Texts stand in single quotes, numbers in none, names with dots in backticks: metadata.`mlflow.trace.session` = 's-1'.";
};

const checkFilter = (name: string, filter: string): void => {
  try {
    parseTraceFilter(filter);
  } catch (error) {
    if (!TracelakeError.isInstance(error)) throw error;
    const { failed, seen } = error.parts;
    throw refusal(name, `filter ${quoteForMessage(filter)}: ${failed}, ${seen}`, remedyOf(filter));
  }
};

/**
 * Looks at what can be seen to be wrong without asking anybody.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`
 */
export const checkSampling = (name: string, { sampleRate, filter }: SamplingChange): void => {
  if (sampleRate !== undefined && !(sampleRate >= 0 && sampleRate <= 1)) {
    throw refusal(
      name,
      `sampleRate ${quoteForMessage(sampleRate)}`,
      "Give a share of the traces from 0 to 1, such as 0.25.",
    );
  }
  if (filter !== undefined && filter !== null) checkFilter(name, filter);
};

/** {@link checkSampling} for a scorer that is to run. @throws {TracelakeError} `CONFIG_OPTION_INVALID` also for a rate of 0 */
export const checkStart = (name: string, sampling: SamplingChange): void => {
  checkSampling(name, sampling);
  if (sampling.sampleRate === 0) {
    throw refusal(name, "start with sampleRate 0", "Give more than 0, or call .stop(), which keeps the registration.");
  }
};
