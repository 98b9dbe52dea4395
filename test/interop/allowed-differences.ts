import type { Differences } from "./differences.ts";

/** A difference between what we write and what MLflow's client writes that is meant, and why. */
export interface AllowedDifference {
  readonly where: RegExp;
  readonly reason: string;
}

export const allowedInEveryTrace: readonly AllowedDifference[] = [
  { where: /^resource: attribute (telemetry\.sdk\.|service\.name$)/, reason: "They are two SDKs, of two services." },
  { where: /header user-agent$/, reason: "They are two programs." },
  { where: /^scope$/, reason: "Ours names its instrumentation, as OpenTelemetry asks; MLflow's client names none." },
  { where: /: kind$/, reason: "Ours writes OpenTelemetry's INTERNAL; MLflow's client leaves the kind unspecified." },
  { where: /: flags$/, reason: "Ours writes OpenTelemetry's SAMPLED flag; MLflow's client writes no flags." },
  { where: /event \d+ attribute exception\.stacktrace$/, reason: "They are two programs." },
  { where: /event 0 time$/, reason: "An exception is recorded at the time of the recording." },
  { where: /info trace_metadata mlflow\.source\.name$/, reason: "They are two scripts; ours leaves out the folder." },
  { where: /info trace_metadata mlflow\.source\.git\./, reason: "Ours starts no git to find out about a repository." },
  { where: /info trace_metadata mlflow\.user$/, reason: "Ours does not send the name of the account on the machine." },
  {
    where: /info trace_metadata mlflow\.trace\.size(Stats|Bytes)$/,
    reason: "They measure the trace in a form that only MLflow's client makes of it.",
  },
];

/** The differences that nobody has given a reason for. */
export const unexplained = (differences: Differences, allowed: readonly AllowedDifference[]): Record<string, unknown> =>
  Object.fromEntries([...differences].filter(([key]) => !allowed.some(({ where }) => where.test(key))));

/** The reasons that outlived their difference. */
export const unused = (differences: Differences, allowed: readonly AllowedDifference[]): string[] =>
  allowed.filter(({ where }) => ![...differences.keys()].some((key) => where.test(key))).map(({ reason }) => reason);
