import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { Connection } from "@tracelake/workspace-client";
import { noCounts, type MonitorCount, type MonitorCounts } from "./monitor-counts.ts";
import type { MonitorOptions, MonitorProblem, MonitorSettings } from "./monitor-options.ts";
import { passes } from "../passes.ts";
import { degradationRuleOf, QualityWindow, type DegradationRule } from "./quality-window.ts";
import type { Feedback } from "../feedback.ts";
import type { JudgeClient } from "../scorer.ts";
import { createJudgeClient } from "../judging/judge-client.ts";
import { surroundingsOf } from "../judging/judge-surroundings.ts";

const progressMillis = 500;

const judgeOf = ({ connection, judge }: MonitorOptions, { concurrency }: MonitorSettings): JudgeClient =>
  judge !== undefined && "ask" in judge
    ? judge
    : createJudgeClient({ maxConcurrency: concurrency, ...surroundingsOf(connection), ...judge });

/** What the parts of a run share: its options, what it has counted, and whom it tells. */
export class MonitorState {
  readonly runId = randomUUID();
  readonly connection: Connection;
  readonly settings: MonitorSettings;
  readonly judge: JudgeClient;
  readonly signal: AbortSignal;
  readonly #options: MonitorOptions;
  readonly #counts: Record<MonitorCount, number> = { ...noCounts };
  readonly #degradationRule: Required<DegradationRule>;
  readonly #quality = new Map<string, QualityWindow>();
  #toldMillis = 0;

  /** @throws {TracelakeError} `CONFIG_OPTION_INVALID` for a rule of degradation, or a judge, that cannot be used. */
  constructor(options: MonitorOptions, settings: MonitorSettings) {
    this.#options = options;
    this.connection = options.connection;
    this.settings = settings;
    this.#degradationRule = degradationRuleOf(options.degradation);
    this.judge = judgeOf(options, settings);
    this.signal = AbortSignal.any(options.signal === undefined ? [] : [options.signal]);
    // Every scoring under way listens to it.
    setMaxListeners(0, this.signal);
  }

  get counts(): MonitorCounts {
    return { ...this.#counts };
  }

  count(what: MonitorCount, by = 1): void {
    this.#counts[what] += by;
    const nowMillis = performance.now();
    if (nowMillis - this.#toldMillis < progressMillis) return;
    this.tellProgress();
  }

  setWaiting(count: number): void {
    this.#counts.waiting = count;
  }

  tellProgress(): void {
    this.#toldMillis = performance.now();
    this.#tell(() => this.#options.onProgress?.(this.counts));
  }

  problem(problem: MonitorProblem): void {
    this.#tell(() => this.#options.onProblem?.(problem));
  }

  /** Takes note of what was written, for {@link MonitorOptions.onDegradation}. */
  judged(scorer: string, feedbacks: readonly Feedback[]): void {
    if (this.#options.onDegradation === undefined) return;
    let window = this.#quality.get(scorer);
    if (window === undefined) this.#quality.set(scorer, (window = new QualityWindow(scorer, this.#degradationRule)));
    for (const { value } of feedbacks) {
      const isPass = passes(value);
      const degradation = isPass === undefined ? undefined : window.add(isPass, performance.now());
      if (degradation !== undefined) this.#tell(() => this.#options.onDegradation?.(degradation));
    }
  }

  // Whoever listens must not be able to end the run.
  #tell(call: () => void): void {
    try {
      call();
    } catch (cause) {
      process.emitWarning(`A listener of the monitor failed: ${String(cause)}`, { type: "TracelakeWarning" });
    }
  }
}
