import { setTimeout as delay } from "node:timers/promises";
import { ErrorCode } from "@tracelake/wire";
import type { ScoringOutcome } from "../scorer.ts";
import { FeedbackWriter } from "./feedback-writer.ts";
import type { MonitorState } from "./monitor-state.ts";
import { judge, record, type Scoring, type ScoringEnd } from "./scoring.ts";
import { Semaphore } from "../semaphore.ts";

// That a judge may not be asked for now says nothing of a trace: it is kept, and nothing new is begun, until it may be.
const judgeRestMillis = 30_000;
// So does a permission to write that is missing; each judgement until there is one was paid for in vain.
const writeRestMillis = 300_000;

const leastBacklog = 256;

/** From what weighs most for the trace that several scorings are of. */
const ends: readonly ScoringEnd[] = ["later", "again", "done"];

/** Makes scorings, so many at once, and holds back whoever adds more while there are enough. */
export class ScoringPool {
  readonly #state: MonitorState;
  readonly #writer: FeedbackWriter;
  readonly #judging: Semaphore;
  readonly #room: Semaphore;
  readonly #running = new Set<Promise<void>>();
  readonly #waits: boolean;
  /** Nothing may be written before, by a clock that nobody sets. */
  #forbiddenUntilMillis = 0;

  /** @param options.waits whether it waits for a judge that may be asked, and for the permission to write. */
  constructor(state: MonitorState, { waits }: { readonly waits: boolean }) {
    const { concurrency, writeTimeoutMillis } = state.settings;
    this.#state = state;
    this.#waits = waits;
    this.#writer = new FeedbackWriter(state.connection, { timeoutMillis: writeTimeoutMillis });
    this.#judging = new Semaphore(concurrency);
    this.#room = new Semaphore(Math.max(leastBacklog, 2 * concurrency));
  }

  /** Waits for room and begins. `onEnd` is told how all of them ended together. */
  async add(scorings: readonly Scoring[], onEnd: (end: ScoringEnd) => void): Promise<void> {
    const made: Promise<ScoringEnd>[] = [];
    for (const scoring of scorings) {
      await new Promise<void>((begun) => {
        made.push(
          this.#room.run(() => {
            begun();
            return this.#make(scoring);
          }),
        );
      });
    }
    const running = this.#await(made, onEnd);
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async #await(made: readonly Promise<ScoringEnd>[], onEnd: (end: ScoringEnd) => void): Promise<void> {
    const found = await Promise.all(made);
    onEnd(ends.find((end) => found.includes(end)) ?? "done");
  }

  /** Waits until nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #judge(scoring: Scoring): Promise<ScoringOutcome | "again" | "later"> {
    const { signal } = this.#state;
    for (;;) {
      if (signal.aborted || !scoring.lease.lastsFor(0)) return "again";
      const forbiddenMillis = this.#forbiddenUntilMillis - performance.now();
      if (forbiddenMillis > 0) {
        if (!this.#waits) return "later";
        await this.#rest(forbiddenMillis);
        continue;
      }
      const outcome = await judge(scoring, this.#state);
      if (outcome === undefined) return "again";
      if (outcome.type !== "failed" || outcome.error.code !== ErrorCode.JUDGE_BUDGET_EXHAUSTED) return outcome;
      if (!this.#waits) return "later";
      await this.#rest(judgeRestMillis);
    }
  }

  async #rest(millis: number): Promise<void> {
    await delay(millis, undefined, { signal: this.#state.signal }).catch(() => undefined);
  }

  async #make(scoring: Scoring): Promise<ScoringEnd> {
    const state = this.#state;
    const outcome = await this.#judging.run(() => this.#judge(scoring));
    if (typeof outcome === "string") {
      state.count("postponed");
      return outcome;
    }
    const end = await record(scoring, outcome, { state, writer: this.#writer });
    if (end !== "forbidden") return end;
    this.#forbiddenUntilMillis = performance.now() + writeRestMillis;
    return "later";
  }
}
