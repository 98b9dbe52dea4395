import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import type { TraceSummary } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import { Semaphore } from "../semaphore.ts";
import type { FollowerParts } from "./follower-parts.ts";
import { uncertainMillis, type ScoringEnd } from "./scoring.ts";
import { isOfEvaluation, sampleGroup, type FilterGroup } from "./selection.ts";
import { scoringsOfSession, summarizeSession } from "./session-scorings.ts";
import { endMillisOf, startMillisOf } from "./trace-times.ts";
import { WaitingList } from "./waiting-list.ts";

interface SessionTimes {
  /** When its newest trace that was seen began, and when its last one ended; Unix milliseconds. */
  startMillis: number;
  endMillis: number;
}

interface FollowedSession extends SessionTimes {
  isUnderWay: boolean;
  /** Whether it could have been scored, and was not. */
  isPutOff: boolean;
}

interface Scorers {
  readonly groups: readonly FilterGroup[];
  readonly generation: number;
}

// All traces of a session are in memory while it is scored.
const mostSessionsAtOnce = 64;
// Whoever has gone on is seen again by its new trace.
const mostRemembered = 50_000;

/** Scores sessions once they have been quiet for a while, and again where they have gone on since. */
export class SessionFollower {
  readonly #parts: FollowerParts;
  readonly #sessions = new Map<string, FollowedSession>();
  /** Those that could not be scored yet. */
  readonly #waiting: WaitingList;
  /** How far sessions were scored: the end of their newest trace. */
  readonly #scored = new Map<string, number>();
  readonly #places: Semaphore;
  readonly #running = new Set<Promise<void>>();
  /** Of the scorers that look at the sessions. */
  #generation = 0;

  constructor(parts: FollowerParts) {
    const { concurrency, lookbackMillis } = parts.state.settings;
    this.#parts = parts;
    this.#waiting = new WaitingList(lookbackMillis);
    this.#places = new Semaphore(Math.min(concurrency, mostSessionsAtOnce));
  }

  /** How many sessions are not scored yet. */
  get size(): number {
    return this.#sessions.size;
  }

  /** How many of them are not quiet or not complete yet; the others were put off. */
  get incompleteCount(): number {
    return [...this.#sessions.values()].filter(({ isPutOff }) => !isPutOff).length;
  }

  /** Takes note of the sessions that these traces belong to. */
  see(summaries: readonly TraceSummary[]): void {
    for (const summary of summaries) {
      const { session } = summary;
      if (session === undefined || isOfEvaluation(summary)) continue;
      // Whoever gets another worker's session later looks back for it.
      if (this.#parts.keeper.leaseOf(session) === undefined) continue;
      const times = { startMillis: startMillisOf(summary), endMillis: endMillisOf(summary) };
      if ((this.#scored.get(session) ?? -1) >= times.endMillis) continue;
      const known = this.#sessions.get(session);
      if (known === undefined) this.#sessions.set(session, { ...times, isUnderWay: false, isPutOff: false });
      else this.#goesOn(session, known, times);
    }
  }

  /** From when on traces have to be seen so that every session is that is not scored yet; it is read whole by its id. */
  oldestOpenMillis(): number | undefined {
    let oldest: number | undefined;
    for (const { startMillis } of this.#sessions.values()) {
      if (oldest === undefined || startMillis < oldest) oldest = startMillis;
    }
    return oldest;
  }

  /** Waits until all sessions that are quiet are being scored. */
  async scoreQuiet(groups: readonly FilterGroup[]): Promise<void> {
    const scorers = { groups, generation: this.#generation };
    for (const [session, followed] of this.#sessions) {
      if (this.#parts.state.signal.aborted) return;
      if (!this.#isDue(session, followed)) continue;
      const { ended } = await this.#places.begin(() => this.#attempt(session, followed, scorers));
      this.#running.add(ended);
      void ended.finally(() => this.#running.delete(ended));
    }
  }

  /** Waits until those that are being scored are. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Other scorers have come: what was scored is looked at again. */
  forget(): void {
    this.#scored.clear();
    this.#generation += 1;
  }

  #goesOn(session: string, followed: FollowedSession, { startMillis, endMillis }: Readonly<SessionTimes>): void {
    followed.startMillis = Math.max(followed.startMillis, startMillis);
    if (endMillis <= followed.endMillis) return;
    followed.endMillis = endMillis;
    followed.isPutOff = false;
    // Whatever it waited for, there is something new to judge.
    this.#waiting.delete(session);
  }

  #isDue(session: string, followed: FollowedSession): boolean {
    if (followed.isUnderWay || this.#sessions.get(session) !== followed) return false;
    return this.#isQuiet(followed.endMillis) && !this.#waiting.isTooEarly(session);
  }

  #isQuiet(endMillis: number): boolean {
    return endMillis <= Date.now() - this.#parts.state.settings.sessionQuietMillis;
  }

  async #attempt(session: string, followed: FollowedSession, scorers: Scorers): Promise<void> {
    const { state, keeper } = this.#parts;
    // It may have waited for its place.
    if (state.signal.aborted || !this.#isDue(session, followed)) return;
    const lease = keeper.leaseOf(session);
    if (lease === undefined) {
      this.#leave(session);
      return;
    }
    const release = lease.use();
    followed.isUnderWay = true;
    const { end, endMillis } = await this.#score(session, followed, { lease, groups: scorers.groups });
    release();
    followed.isUnderWay = false;
    if (end === "done" && scorers.generation === this.#generation) this.#done(session, endMillis);
    if (end === "later") this.#postpone(session, followed);
  }

  /** Waits until the session is read and scored, and says how far it was; never throws. */
  async #score(
    session: string,
    followed: FollowedSession,
    { lease, groups }: { readonly lease: Lease; readonly groups: readonly FilterGroup[] },
  ): Promise<{ readonly end: ScoringEnd; readonly endMillis: number }> {
    let { endMillis } = followed;
    const { state, pool, source } = this.#parts;
    try {
      const sampled = groups
        .map((group) => ({ filter: group.filter, scorers: sampleGroup(session, group, state) }))
        .filter(({ scorers }) => scorers.length > 0);
      if (sampled.length === 0) return { end: "done", endMillis };
      const summary = await summarizeSession(session, source);
      endMillis = Math.max(endMillis, summary.endMillis);
      // Those that were found may be its first ones only.
      this.#goesOn(session, followed, summary);
      if (!this.#isQuiet(followed.endMillis)) return { end: "again", endMillis };
      const scorings = await scoringsOfSession(summary, { sampled, lease }, this.#parts);
      if (scorings === "later") return { end: "later", endMillis };
      return await new Promise((resolve, reject) => {
        const onEnd = (end: ScoringEnd): void => {
          followed.isPutOff = end !== "done";
          resolve({ end, endMillis });
        };
        pool.add(scorings, onEnd).catch(reject);
      });
    } catch (cause) {
      state.problem({ message: `The session ${session} could not be scored: ${String(cause)}`, cause });
      // One whose name cannot be searched for never can.
      if (TracelakeError.isInstance(cause) && cause.code === ErrorCode.CONFIG_OPTION_INVALID)
        return { end: "done", endMillis };
      followed.isPutOff = true;
      state.count("postponed");
      return { end: "later", endMillis };
    }
  }

  #postpone(session: string, followed: FollowedSession): void {
    const { state } = this.#parts;
    const leftMillis = this.#waiting.leftMillis(session);
    if (leftMillis > 0) {
      // The last time is when all that may come has come, and what there is can be judged.
      this.#waiting.add(session, followed.startMillis, uncertainMillis(state.settings), leftMillis);
      return;
    }
    state.count("gaveUp");
    const message = `A session was given up that never became complete, or could not be scored: ${quoteForMessage(
      session,
    )}.`;
    state.problem({ message });
    this.#done(session, followed.endMillis);
  }

  #done(session: string, endMillis: number): void {
    const followed = this.#sessions.get(session);
    if (followed !== undefined && followed.endMillis <= endMillis) this.#leave(session);
    this.#scored.set(session, endMillis);
    if (this.#scored.size <= mostRemembered) return;
    const [oldest] = this.#scored.keys();
    if (oldest !== undefined) this.#scored.delete(oldest);
  }

  #leave(session: string): void {
    this.#sessions.delete(session);
    this.#waiting.delete(session);
  }
}
