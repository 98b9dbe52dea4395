import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { TraceAssessment, TraceSummary } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import type { ScorerCore } from "../scorer.ts";
import type { FollowerParts } from "./follower-parts.ts";
import { MonitorMetadataKey, recordedScoring } from "./recorded-scorings.ts";
import { uncertainMillis, type Scoring, type ScoringEnd } from "./scoring.ts";
import { isOfEvaluation, sampleGroup, type FilterGroup } from "./selection.ts";
import { mostTracesOfSession } from "./trace-source.ts";
import { endMillisOf, hasEnded, startMillisOf } from "./trace-times.ts";

interface FollowedSession {
  /** When its newest trace that was seen began, and when its last one ended; Unix milliseconds. */
  startMillis: number;
  endMillis: number;
  isUnderWay: boolean;
  /** Not to be scored before, by a clock that nobody sets. */
  notBeforeMillis: number;
}

interface SessionScoring {
  readonly followed: FollowedSession;
  readonly lease: Lease;
  readonly groups: readonly FilterGroup[];
}

interface ReadSession {
  /** Those of its traces that have ended, oldest first. */
  readonly ended: readonly TraceSummary[];
  /** When the last of all its traces ended, in Unix milliseconds. */
  readonly endMillis: number;
}

interface SessionToJudge {
  /** Those of its traces that have ended, oldest first. */
  readonly summaries: readonly TraceSummary[];
  readonly scorers: readonly ScorerCore[];
  readonly lease: Lease;
}

/** The trace of a session that a scorer's judgement of it was written to. */
const holderOf = (summaries: readonly TraceSummary[], scorerName: string): TraceSummary | undefined =>
  summaries.find(({ assessments }) => recordedScoring(assessments, scorerName).parts.size > 0);

/** Whether a scorer's judgement is there, and of the session up to this trace. */
const isJudged = (assessments: readonly TraceAssessment[], scorerName: string, last: TraceSummary): boolean => {
  const { parts, isComplete } = recordedScoring(assessments, scorerName);
  return (
    isComplete &&
    [...parts.values()].every(({ metadata }) => {
      const upTo = metadata[MonitorMetadataKey.LAST_TRACE];
      // Another client's judgement does not say how far it goes, and is left as it is.
      return upTo === undefined || upTo === last.traceId;
    })
  );
};

const metadataOf = (session: string, last: TraceSummary): Record<string, string> => ({
  [MonitorMetadataKey.SESSION]: session,
  [MonitorMetadataKey.TRACE_SESSION]: session,
  [MonitorMetadataKey.ONLINE_SESSION]: session,
  [MonitorMetadataKey.LAST_TRACE]: last.traceId,
});

// All traces of a session are in memory while it is scored.
const sessionsAtOnce = 8;
// Whoever has gone on is seen again by its new trace.
const mostRemembered = 50_000;

/** Scores sessions once they have been quiet for a while, and again where they have gone on since. */
export class SessionFollower {
  readonly #parts: FollowerParts;
  readonly #sessions = new Map<string, FollowedSession>();
  /** How far sessions were scored: the end of their newest trace. */
  readonly #scored = new Map<string, number>();
  /** Of the scorers that look at the sessions. */
  #generation = 0;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** How many sessions are not quiet yet. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Takes note of the sessions that these traces belong to. */
  see(summaries: readonly TraceSummary[]): void {
    for (const summary of summaries) {
      const { session } = summary;
      if (session === undefined || isOfEvaluation(summary)) continue;
      // Whoever gets another worker's session later looks back for it.
      if (this.#parts.keeper.leaseOf(session) === undefined) continue;
      const startMillis = startMillisOf(summary);
      const endMillis = endMillisOf(summary);
      if ((this.#scored.get(session) ?? -1) >= endMillis) continue;
      const known = this.#sessions.get(session);
      if (known === undefined)
        this.#sessions.set(session, { startMillis, endMillis, isUnderWay: false, notBeforeMillis: 0 });
      else {
        known.startMillis = Math.max(known.startMillis, startMillis);
        known.endMillis = Math.max(known.endMillis, endMillis);
      }
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

  /** Scores the sessions that are quiet. */
  async scoreQuiet(groups: readonly FilterGroup[]): Promise<void> {
    const { state, keeper } = this.#parts;
    const begun: Promise<void>[] = [];
    for (const [session, followed] of this.#sessions) {
      if (state.signal.aborted) break;
      if (followed.isUnderWay || !this.#isQuiet(followed.endMillis)) continue;
      if (performance.now() < followed.notBeforeMillis) continue;
      const lease = keeper.leaseOf(session);
      if (lease === undefined) this.#sessions.delete(session);
      else begun.push(this.#begin(session, followed, { lease, groups }));
      if (begun.length >= sessionsAtOnce) await Promise.all(begun.splice(0));
    }
    await Promise.all(begun);
  }

  /** Other scorers have come: what was scored is looked at again. */
  forget(): void {
    this.#scored.clear();
    this.#generation += 1;
  }

  #isQuiet(endMillis: number): boolean {
    return endMillis <= Date.now() - this.#parts.state.settings.sessionQuietMillis;
  }

  async #begin(
    session: string,
    followed: FollowedSession,
    { lease, groups }: { readonly lease: Lease; readonly groups: readonly FilterGroup[] },
  ): Promise<void> {
    const generation = this.#generation;
    const release = lease.use();
    followed.isUnderWay = true;
    const { end, endMillis } = await this.#score(session, { followed, lease, groups });
    release();
    followed.isUnderWay = false;
    if (end === "done" && generation === this.#generation) this.#done(session, endMillis);
    if (end === "later") followed.notBeforeMillis = performance.now() + uncertainMillis(this.#parts.state.settings);
  }

  /** Waits until the session is read and scored, and says how far it was; never throws. */
  async #score(session: string, of: SessionScoring): Promise<{ readonly end: ScoringEnd; readonly endMillis: number }> {
    let { endMillis } = of.followed;
    const { state, pool } = this.#parts;
    try {
      const scorers = await this.#scorersOf(session, of.groups);
      if (scorers.length === 0) return { end: "done", endMillis };
      const read = await this.#read(session, of.followed);
      if (typeof read === "string") return { end: read, endMillis };
      endMillis = Math.max(endMillis, read.endMillis);
      const scorings = await this.#scoringsOf(session, { summaries: read.ended, scorers, lease: of.lease });
      return await new Promise((resolve, reject) => {
        pool.add(scorings, (end) => resolve({ end, endMillis })).catch(reject);
      });
    } catch (cause) {
      state.problem({ message: `The session ${session} could not be scored: ${String(cause)}`, cause });
      // One whose name cannot be searched for never can.
      const isForGood = TracelakeError.isInstance(cause) && cause.code === ErrorCode.CONFIG_OPTION_INVALID;
      return { end: isForGood ? "done" : "later", endMillis };
    }
  }

  #done(session: string, endMillis: number): void {
    const followed = this.#sessions.get(session);
    if (followed !== undefined && followed.endMillis <= endMillis) this.#sessions.delete(session);
    this.#scored.set(session, endMillis);
    if (this.#scored.size <= mostRemembered) return;
    const [oldest] = this.#scored.keys();
    if (oldest !== undefined) this.#scored.delete(oldest);
  }

  /** The traces of the session that have ended, or why they are not to be scored yet. */
  async #read(session: string, followed: FollowedSession): Promise<ReadSession | "again" | "later"> {
    const { source, state } = this.#parts;
    const summaries = (await source.session(session)).filter((summary) => !isOfEvaluation(summary));
    let endMillis = -Infinity;
    for (const summary of summaries) {
      endMillis = Math.max(endMillis, endMillisOf(summary));
      followed.startMillis = Math.max(followed.startMillis, startMillisOf(summary));
    }
    // Those that were found may be its first ones only.
    followed.endMillis = Math.max(followed.endMillis, endMillis);
    if (!this.#isQuiet(followed.endMillis)) return "again";
    // After so long what has not ended never does, and is no part of the conversation. It may not say when it began.
    const mayEnd = endMillis > Date.now() - state.settings.lookbackMillis;
    return mayEnd && !summaries.every(hasEnded) ? "later" : { ended: summaries.filter(hasEnded), endMillis };
  }

  async #scoringsOf(session: string, { summaries, scorers, lease }: SessionToJudge): Promise<Scoring[]> {
    const { source, state } = this.#parts;
    const last = summaries.at(-1);
    if (last === undefined) return [];
    const left = scorers.filter(({ name }) => !isJudged(holderOf(summaries, name)?.assessments ?? [], name, last));
    state.count("alreadyScored", scorers.length - left.length);
    if (left.length === 0) return [];
    const judged = summaries.slice(-mostTracesOfSession).map(({ traceId }) => traceId);
    if (judged.length < summaries.length) {
      const message = `The session ${session} has more than ${mostTracesOfSession} traces: its newest ones are judged.`;
      state.problem({ message, traceId: last.traceId });
    }
    let isReadable = true;
    const read = await source.read(judged, (traceId, cause) => {
      isReadable = false;
      state.problem({ message: `The session ${session} cannot be scored: ${String(cause)}`, traceId, cause });
    });
    const traces = judged.flatMap((traceId) => read.get(traceId) ?? []);
    if (!isReadable || traces.length === 0) return [];
    return left.flatMap((scorer) => {
      const { traceId, assessments } = holderOf(summaries, scorer.name) ?? summaries[0] ?? last;
      // What was said since they were searched for is known by those that were read.
      const said = read.get(traceId)?.info.assessments ?? assessments;
      if (isJudged(said, scorer.name, last)) {
        state.count("alreadyScored");
        return [];
      }
      const metadata = metadataOf(session, last);
      return { scorer, input: { session: traces }, traceId, assessments: said, metadata, lease };
    });
  }

  async #scorersOf(session: string, groups: readonly FilterGroup[]): Promise<ScorerCore[]> {
    const { state, source } = this.#parts;
    const found: ScorerCore[] = [];
    for (const group of groups) {
      const isMatching = group.filter === undefined || (await source.isInSession(session, group.filter));
      if (isMatching) found.push(...sampleGroup(session, group, state));
      else state.count("filteredOut", group.scorers.length);
    }
    return found;
  }
}
