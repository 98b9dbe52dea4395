import type { Connection, ExperimentReference } from "@tracelake/workspace-client";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { LeaseStore } from "../leases/lease-store.ts";
import type { JudgeClientOptions } from "../judging/judge-client.ts";
import type { RegisteredScorer } from "../life-cycle.ts";
import type { JudgeClient, ScorerCore } from "../scorer.ts";
import type { MonitorCounts } from "./monitor-counts.ts";
import type { Degradation, DegradationRule } from "./quality-window.ts";
import type { ScheduledScorer } from "./scheduled-scorer.ts";

/** Something that went wrong with one trace, one scorer or one request, and that the monitor goes on after. */
export interface MonitorProblem {
  readonly message: string;
  readonly scorer?: string | undefined;
  readonly traceId?: string | undefined;
  readonly cause?: unknown;
}

/** Scorers to run: registered ones or others with their rates and filters, or alone to look at every trace. */
export type MonitorScorers = readonly (ScheduledScorer | RegisteredScorer | ScorerCore)[];

/** What to monitor, and how. */
export interface MonitorOptions {
  readonly connection: Connection;
  /** `catalog.schema` or `catalog.schema.table_prefix`. Give this or `experiment`. */
  readonly location?: string;
  /** An experiment: its linked location, or the traces that it keeps itself. */
  readonly experiment?: ExperimentReference;
  /**
   * The scorers, or what is asked for them once a minute. Default: those of the experiment that are started, in a local
   * workspace; Databricks and MLflow servers run those themselves, and to have them run here as well takes
   * `() => listScorers({ … })`.
   */
  readonly scorers?: MonitorScorers | (() => Promise<MonitorScorers>);
  /**
   * Asks judge models, or how a judge client is to do it. Default: one with its own defaults, which asks the endpoints of the
   * connection's Databricks workspace or the gateway of its MLflow server, as many at once as there are scorings.
   */
  readonly judge?: JudgeClient | JudgeClientOptions;
  /** Ends after what is there now, instead of waiting for more. Default `false`. */
  readonly once?: boolean;
  /** Ends the run: what is being scored is finished or left, and leases are given back, or run out. */
  readonly signal?: AbortSignal;
  /** How many scorings are made at once. Default 8. */
  readonly concurrency?: number;
  /** Where workers share the traces out, and how far they were is kept. Default: this worker scores them all. */
  readonly leases?: LeaseStore;
  /** How long the shards of a worker that has died wait for another. Default 60,000. */
  readonly leaseMillis?: number;
  /** How long one write may take; less than half of `leaseMillis`. Default 20,000. */
  readonly writeTimeoutMillis?: number;
  /** How long to wait between two looks for new traces. Default 5,000. */
  readonly pollMillis?: number;
  /** How long after its end a trace is scored, so that spans which come later are there. Default 5,000. */
  readonly settleMillis?: number;
  /** How long after its last trace a session is scored. Default 300,000, as in MLflow. */
  readonly sessionQuietMillis?: number;
  /**
   * How long after their start traces may arrive and still be seen, and what cannot be scored is tried again. Default
   * 3,600,000.
   */
  readonly lookbackMillis?: number;
  /**
   * Where to begin, or earlier where the workers of `leases` have not been so far. Default: where they have been, or
   * `lookbackMillis` ago.
   */
  readonly since?: Date;
  /** Called about twice a second while something happens, and at the end. */
  readonly onProgress?: (counts: MonitorCounts) => void;
  readonly onProblem?: (problem: MonitorProblem) => void;
  /** Called once for each time that a scorer's pass rate, among the judgements of this worker, falls below the threshold. */
  readonly onDegradation?: (degradation: Degradation) => void;
  /** When it is called. */
  readonly degradation?: DegradationRule;
}

/** Every setting of a run in time and number. */
export interface MonitorSettings {
  readonly concurrency: number;
  readonly leaseMillis: number;
  readonly writeTimeoutMillis: number;
  readonly pollMillis: number;
  readonly settleMillis: number;
  readonly sessionQuietMillis: number;
  readonly lookbackMillis: number;
}

const defaults: MonitorSettings = {
  concurrency: 8,
  leaseMillis: 60_000,
  writeTimeoutMillis: 20_000,
  pollMillis: 5_000,
  settleMillis: 5_000,
  sessionQuietMillis: 300_000,
  lookbackMillis: 3_600_000,
};

const invalid = (failed: string, seen: string, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, { failed, seen, remedy });

/** The settings of a run. @throws {TracelakeError} `CONFIG_OPTION_INVALID` where one cannot be used. */
export const settingsOf = (options: MonitorOptions): MonitorSettings => {
  const settings = Object.fromEntries(
    Object.entries(defaults).map(([name, usual]) => [name, options[name as keyof MonitorSettings] ?? usual]),
  ) as Record<keyof MonitorSettings, number>;
  for (const [name, value] of Object.entries(settings)) {
    if (Number.isFinite(value) && value >= (name === "concurrency" ? 1 : 0)) continue;
    throw invalid(`The option ${name} of the monitor cannot be used`, String(value), "Give a positive number.");
  }
  if (settings.writeTimeoutMillis * 2 > settings.leaseMillis) {
    throw invalid(
      "The monitor's writes may take too long for its leases",
      `writeTimeoutMillis ${settings.writeTimeoutMillis}, leaseMillis ${settings.leaseMillis}`,
      "Give a leaseMillis of at least twice the writeTimeoutMillis, so that no write outlives its lease.",
    );
  }
  return settings;
};

const scheduled = (given: MonitorScorers[number]): ScheduledScorer => {
  if ("scorer" in given) return given;
  return "sampleRate" in given
    ? { scorer: given, sampleRate: given.sampleRate, filter: given.filter }
    : { scorer: given, sampleRate: 1 };
};

/**
 * Scorers in the order in which every worker has them.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` for a rate that is none, or a name that two have.
 */
export const scheduledScorers = (given: MonitorScorers): ScheduledScorer[] => {
  const scorers = given.map(scheduled).sort((a, b) => (a.scorer.name < b.scorer.name ? -1 : 1));
  for (const [index, { scorer, sampleRate }] of scorers.entries()) {
    if (!(sampleRate >= 0 && sampleRate <= 1)) {
      throw invalid(
        `The sample rate of the scorer ${quoteForMessage(scorer.name)} cannot be used`,
        String(sampleRate),
        "Give a number from 0 to 1.",
      );
    }
    if (scorers[index + 1]?.scorer.name === scorer.name) {
      throw invalid(
        "Two scorers have the same name",
        quoteForMessage(scorer.name),
        "Give each scorer a name of its own: what was scored is known by it.",
      );
    }
  }
  return scorers.filter(({ sampleRate }) => sampleRate > 0);
};
