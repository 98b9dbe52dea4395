import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Trace, TraceSummary } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import type { ScorerCore } from "../scorer.ts";
import type { FollowerParts } from "./follower-parts.ts";
import { MonitorMetadataKey, recordedScoring } from "./recorded-scorings.ts";
import { uncertainMillis, type Scoring, type ScoringEnd } from "./scoring.ts";
import { isOfEvaluation, sampleGroup, type FilterGroup } from "./selection.ts";
import { endMillisOf, hasEnded, startMillisOf } from "./trace-times.ts";

interface FollowedSession {
  /** When its newest trace that was seen began, and when its last one ended; Unix milliseconds. */
  startMillis: number;
  endMillis: number;
  isUnderWay: boolean;
  /** Not to be scored before, by a clock that nobody sets. */
  notBeforeMillis: number;
}

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
    const starts = [...this.#sessions.values()].map(({ startMillis }) => startMillis);
    return starts.length === 0 ? undefined : Math.min(...starts);
  }

  /** Scores the sessions that are quiet. */
  async scoreQuiet(groups: readonly FilterGroup[]): Promise<void> {
    const { state, keeper } = this.#parts;
    const quietSinceMillis = Date.now() - state.settings.sessionQuietMillis;
    const begun: Promise<void>[] = [];
    for (const [session, followed] of this.#sessions) {
      if (state.signal.aborted) return;
      if (followed.isUnderWay || followed.endMillis > quietSinceMillis) continue;
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

  async #begin(
    session: string,
    followed: FollowedSession,
    { lease, groups }: { readonly lease: Lease; readonly groups: readonly FilterGroup[] },
  ): Promise<void> {
    const { endMillis } = followed;
    const generation = this.#generation;
    const release = lease.use();
    followed.isUnderWay = true;
    const end = await this.#score(session, lease, groups);
    release();
    followed.isUnderWay = false;
    if (end === "done" && generation === this.#generation) this.#done(session, endMillis);
    if (end === "later") followed.notBeforeMillis = performance.now() + uncertainMillis(this.#parts.state.settings);
  }

  /** Waits until the session is read and scored; never throws. */
  async #score(session: string, lease: Lease, groups: readonly FilterGroup[]): Promise<ScoringEnd> {
    try {
      const scorings = await this.#scoringsOf(session, lease, groups);
      if (scorings === undefined) return "later";
      return await new Promise((resolve, reject) => void this.#parts.pool.add(scorings, resolve).catch(reject));
    } catch (cause) {
      this.#parts.state.problem({ message: `The session ${session} could not be scored: ${String(cause)}`, cause });
      // One whose name cannot be searched for never can.
      const isForGood = TracelakeError.isInstance(cause) && cause.code === ErrorCode.CONFIG_OPTION_INVALID;
      return isForGood ? "done" : "later";
    }
  }

  #done(session: string, endMillis: number): void {
    if (this.#sessions.get(session)?.endMillis === endMillis) this.#sessions.delete(session);
    this.#scored.set(session, endMillis);
    if (this.#scored.size <= mostRemembered) return;
    const [oldest] = this.#scored.keys();
    if (oldest !== undefined) this.#scored.delete(oldest);
  }

  /** `undefined` where the session goes on. */
  async #scoringsOf(session: string, lease: Lease, groups: readonly FilterGroup[]): Promise<Scoring[] | undefined> {
    const { source, state } = this.#parts;
    const scorers = await this.#scorersOf(session, groups);
    if (scorers.length === 0) return [];
    const summaries = (await source.session(session)).filter((summary) => !isOfEvaluation(summary));
    // After so long what has not ended never does, and is no part of the conversation. It may not say when it began.
    const lastMillis = Math.max(...summaries.map(endMillisOf));
    const mayEnd = lastMillis > Date.now() - state.settings.lookbackMillis;
    if (mayEnd && !summaries.every(hasEnded)) return undefined;
    const traceIds = summaries.filter(hasEnded).map(({ traceId }) => traceId);
    let isReadable = true;
    const read = await source.read(traceIds, (traceId, cause) => {
      isReadable = false;
      state.problem({ message: `The session ${session} cannot be scored: ${String(cause)}`, traceId, cause });
    });
    if (!isReadable) return [];
    const traces = traceIds.flatMap((traceId) => read.get(traceId) ?? []);
    return scorers.flatMap((scorer) => this.#scoringOf(session, { traces, scorer, lease }) ?? []);
  }

  async #scorersOf(session: string, groups: readonly FilterGroup[]): Promise<ScorerCore[]> {
    const { state, source } = this.#parts;
    const found: ScorerCore[] = [];
    for (const group of groups) {
      const isMatching = group.filter === undefined || (await source.session(session, group.filter)).length > 0;
      if (isMatching) found.push(...sampleGroup(session, group, state));
      else state.count("filteredOut", group.scorers.length);
    }
    return found;
  }

  #scoringOf(
    session: string,
    {
      traces,
      scorer,
      lease,
    }: { readonly traces: readonly Trace[]; readonly scorer: ScorerCore; readonly lease: Lease },
  ): Scoring | undefined {
    const [first] = traces;
    const last = traces.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const scored = traces.find(({ info }) => recordedScoring(info.assessments, scorer.name).parts.size > 0) ?? first;
    const recorded = recordedScoring(scored.info.assessments, scorer.name);
    const upTo = [...recorded.parts.values()][0]?.metadata[MonitorMetadataKey.LAST_TRACE];
    // Another client's judgement does not say how far it goes, and is left as it is.
    if (recorded.isComplete && (upTo === undefined || upTo === last.info.traceId)) {
      this.#parts.state.count("alreadyScored");
      return undefined;
    }
    return {
      scorer,
      input: { session: traces },
      traceId: scored.info.traceId,
      assessments: scored.info.assessments,
      metadata: {
        [MonitorMetadataKey.SESSION]: session,
        [MonitorMetadataKey.ONLINE_SESSION]: session,
        [MonitorMetadataKey.LAST_TRACE]: last.info.traceId,
      },
      lease,
    };
  }
}
