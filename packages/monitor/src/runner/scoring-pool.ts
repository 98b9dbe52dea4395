import { setTimeout as delay } from "node:timers/promises";
import type { ScoringOutcome } from "../scorer.ts";
import { FeedbackWriter } from "./feedback-writer.ts";
import type { MonitorState } from "./monitor-state.ts";
import { RestingJudge } from "./resting-judge.ts";
import { judge, record, type Scoring, type ScoringEnd } from "./scoring.ts";
import { Semaphore } from "../semaphore.ts";

// Each judgement is paid for in vain until there is the permission to write it.
const writeRestMillis = 300_000;

const leastBacklog = 256;

/** From what weighs most for the trace that several scorings are of. */
const ends: readonly ScoringEnd[] = ["later", "again", "done"];

/** Makes scorings, so many at once, and holds back whoever adds more while there are enough. */
export class ScoringPool {
  readonly #state: MonitorState;
  readonly #writer: FeedbackWriter;
  readonly #resting: RestingJudge;
  readonly #judging: Semaphore;
  readonly #room: Semaphore;
  readonly #running = new Set<Promise<void>>();
  readonly #waits: boolean;
  /** Nothing may be written before, by a clock that nobody sets. */
  #forbiddenUntilMillis = 0;

  /** @param options.waits whether it waits for the permission to write, and the run for a judge that cannot be asked. */
  constructor(state: MonitorState, { waits }: { readonly waits: boolean }) {
    const { concurrency, writeTimeoutMillis } = state.settings;
    this.#state = state;
    this.#waits = waits;
    this.#writer = new FeedbackWriter(state.connection, { timeoutMillis: writeTimeoutMillis });
    this.#resting = new RestingJudge(state.judge, { tell: (problem) => state.problem(problem), waits });
    this.#judging = new Semaphore(concurrency);
    this.#room = new Semaphore(Math.max(leastBacklog, 2 * concurrency));
  }

  /** Waits for room and begins. `onEnd` is told how all of them ended together. */
  async add(scorings: readonly Scoring[], onEnd: (end: ScoringEnd) => void): Promise<void> {
    const made: Promise<ScoringEnd>[] = [];
    for (const scoring of scorings) made.push((await this.#room.begin(() => this.#make(scoring))).ended);
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

  /** Waits for the permission to write where others can judge meanwhile, before it judges. */
  async #judge(scoring: Scoring): Promise<ScoringOutcome | "again" | "later"> {
    for (;;) {
      const outcome = await this.#judging.run(() => this.#attempt(scoring));
      if (outcome !== "forbidden") return outcome;
      if (!this.#waits) return "later";
      await this.#rest(this.#forbiddenMillis());
    }
  }

  async #attempt(scoring: Scoring): Promise<ScoringOutcome | "again" | "later" | "forbidden"> {
    const { signal } = this.#state;
    if (signal.aborted || !scoring.lease.lastsFor(0)) return "again";
    return this.#forbiddenMillis() > 0 ? "forbidden" : judge(scoring, { resting: this.#resting, signal });
  }

  #forbiddenMillis(): number {
    return this.#forbiddenUntilMillis - performance.now();
  }

  async #rest(millis: number): Promise<void> {
    await delay(millis, undefined, { signal: this.#state.signal }).catch(() => undefined);
  }

  /** Never throws: whatever a scorer gives, and whatever is wrong here, the other scorings go on. */
  async #make(scoring: Scoring): Promise<ScoringEnd> {
    try {
      return await this.#judgeAndRecord(scoring);
    } catch (cause) {
      const { scorer, traceId } = scoring;
      const message = `The judgement of ${scorer.name} cannot be made: ${String(cause)}`;
      this.#state.problem({ message, scorer: scorer.name, traceId, cause });
      return "done";
    }
  }

  async #judgeAndRecord(scoring: Scoring): Promise<ScoringEnd> {
    const state = this.#state;
    const outcome = await this.#judge(scoring);
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
