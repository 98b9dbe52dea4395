import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { connectionOf, openRegistry, type RegistryOptions } from "./registry/open-registry.ts";
import { noScorer } from "./registry/registry-errors.ts";
import type { StoredScorer } from "./registry/scorer-registry.ts";
import type { MonitorCounts } from "./runner/monitor-counts.ts";
import type { MonitorOptions } from "./runner/monitor-options.ts";
import { scoreRange } from "./runner/run-monitor.ts";
import type { ScheduledScorer } from "./runner/scheduled-scorer.ts";
import { scorerOf } from "./scorers/scorer-of.ts";

/** A registered scorer that is to score older traces. */
export interface BackfillScorer {
  readonly name: string;
  /** The share of the traces. Default: what it is started with, or all of them where it is stopped. */
  readonly sampleRate?: number;
}

/** Which older traces are to be scored, and by whom. */
export interface BackfillOptions
  extends
    RegistryOptions,
    Pick<MonitorOptions, "judge" | "concurrency" | "leases" | "signal" | "settleMillis" | "onProgress" | "onProblem"> {
  /** Registered scorers. Default: all that are started. */
  readonly scorers?: readonly (string | BackfillScorer)[];
  /** Traces that began then or later. */
  readonly startTime: Date;
  /** Traces that began then or earlier. Default: now. */
  readonly endTime?: Date;
}

const scheduledOf = ({ record, sampleRate, filter }: StoredScorer, share?: number): ScheduledScorer => ({
  scorer: scorerOf(record),
  sampleRate: share ?? (sampleRate || 1),
  filter,
});

const chosen = (
  stored: readonly StoredScorer[],
  { scorers }: BackfillOptions,
  experimentId: string,
): ScheduledScorer[] => {
  if (scorers === undefined) {
    return stored.filter(({ sampleRate }) => sampleRate > 0).map((scorer) => scheduledOf(scorer));
  }
  return scorers.map((wanted) => {
    const { name, sampleRate } = typeof wanted === "string" ? { name: wanted, sampleRate: undefined } : wanted;
    const found = stored.find(({ record }) => record.name === name);
    if (found !== undefined) return scheduledOf(found, sampleRate);
    throw noScorer(
      { experimentId, name },
      stored.map(({ record }) => record.name),
    );
  });
};

/**
 * Lets registered scorers score traces that were there before they were started. It runs in this process, wherever the
 * scorers run otherwise, and asks judge models from here; a trace that has a scorer's judgement is not scored again.
 *
 * Where a monitor looks at the same traces meanwhile, both need the same `leases`, or a trace may be judged by each of them. The
 * backfill then waits for its fair part of the shards, and tells `onProblem` how many stay with others: their traces it does
 * not score. How far the monitor has looked is left as it is.
 *
 * @returns what became of it, once all traces of the time are scored.
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where the times are in the wrong order, `WORKSPACE_NOT_FOUND` where there is
 *   no such scorer; `CONFIG_*`, `LOCAL_WORKSPACE_FAILED`, `WORKSPACE_*`
 */
export const backfill = async (options: BackfillOptions): Promise<MonitorCounts> => {
  const {
    startTime,
    endTime = new Date(),
    judge,
    concurrency,
    leases,
    signal,
    settleMillis,
    onProgress,
    onProblem,
  } = options;
  if (!(startTime <= endTime)) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "There is no time to score the traces of",
      seen: `startTime ${String(startTime)}, endTime ${String(endTime)}`,
      remedy: "Give a startTime before the endTime.",
    });
  }
  const connection = await connectionOf(options);
  const registry = await openRegistry({ ...options, connection });
  const { experimentId } = registry;
  const monitorOptions: MonitorOptions = {
    connection,
    experiment: { experimentId },
    scorers: chosen(await registry.list(), options, experimentId),
    once: true,
    ...(judge === undefined ? {} : { judge }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(leases === undefined ? {} : { leases }),
    ...(signal === undefined ? {} : { signal }),
    ...(settleMillis === undefined ? {} : { settleMillis }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(onProblem === undefined ? {} : { onProblem }),
  };
  return scoreRange(monitorOptions, { fromMillis: startTime.getTime(), toMillis: endTime.getTime() + 1 });
};
