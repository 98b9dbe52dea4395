import type { Trace, TraceSummary } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import type { ScorerCore } from "../scorer.ts";
import { Channel } from "./channel.ts";
import { KnownTraces } from "./known-traces.ts";
import type { FollowerParts } from "./follower-parts.ts";
import { recordedScoring } from "./recorded-scorings.ts";
import { uncertainMillis, type ScoringEnd } from "./scoring.ts";
import { rootSpanOf } from "../reading/root-span.ts";
import { isOfEvaluation, sampleGroup, withoutRecorded, type FilterGroup } from "./selection.ts";
import type { TracePage } from "./time-slices.ts";
import { TraceFilters, type Matching } from "./trace-filters.ts";
import { endMillisOf, hasEnded, startMillisOf } from "./trace-times.ts";
import { WaitingList } from "./waiting-list.ts";

/** A trace that some scorers are to look at. */
interface Candidate {
  readonly summary: TraceSummary;
  readonly scorers: readonly ScorerCore[];
  readonly lease: Lease;
  readonly release: () => void;
  readonly generation: number;
  /** Of so many other scorers it is not known whether they are to look at it. */
  readonly unknown: number;
}

const mostKnown = 100_000;
const readers = 3;

/** Decides on every trace that is found, and has those scored that are to be scored. */
export class TraceFollower {
  readonly #parts: FollowerParts;
  readonly #filters: TraceFilters;
  /** Batches of them, so that none is read alone. */
  readonly #candidates = new Channel<readonly Candidate[]>(readers);
  readonly #known = new KnownTraces(mostKnown);
  readonly #underWay = new Map<string, number>();
  readonly waiting: WaitingList;
  /** Those of them that are not complete yet; the others were put off. */
  readonly #incomplete = new Set<string>();
  readonly #reading: Promise<void>[];
  /** Of the scorers that look at the traces. */
  #generation = 0;
  readonly #onEnd: ((value?: unknown) => void)[] = [];

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#filters = new TraceFilters(parts);
    this.waiting = new WaitingList(parts.state.settings.lookbackMillis);
    this.#reading = Array.from({ length: readers }, () => this.#read());
  }

  /** Decides on the traces of a page; never throws. */
  async see({ summaries, slice }: TracePage, groups: readonly FilterGroup[]): Promise<void> {
    // A workspace that takes in traces meanwhile may list one twice.
    const listed = new Map(summaries.map((summary) => [summary.traceId, summary]));
    // The right to a shard is taken note of before its traces are looked at again: nobody else writes from then on.
    const fresh = [...listed.values()].flatMap((summary) => {
      const lease = this.#parts.keeper.leaseOf(summary.traceId);
      return lease !== undefined && this.#isToDecide(summary) ? [{ summary, lease }] : [];
    });
    if (fresh.length === 0) return;
    const matching = await this.#filters.match(slice, groups);
    const unknown = groups.filter((group) => !matching.has(group)).flatMap(({ scorers }) => scorers).length;
    const found = { matching, unknown };
    const candidates = fresh.flatMap(({ summary, lease }) => this.#decide(summary, lease, found) ?? []);
    const { state, source } = this.#parts;
    for (let at = 0; at < candidates.length; at += source.batchSize) {
      const batch = candidates.slice(at, at + source.batchSize);
      if (state.signal.aborted) for (const candidate of batch) this.#ended(candidate, "again");
      else await this.#candidates.push(batch);
    }
  }

  /** The oldest start of what is not decided yet, in Unix milliseconds. */
  oldestOpenMillis(): number | undefined {
    let oldest = this.waiting.oldestStartMillis();
    for (const startMillis of this.#underWay.values()) {
      if (oldest === undefined || startMillis < oldest) oldest = startMillis;
    }
    return oldest;
  }

  /** How many traces are not complete yet. */
  get incompleteCount(): number {
    return this.#incomplete.size;
  }

  /** Says which traces no look reaches any more, though they were never decided on. */
  giveUpOld(): void {
    const { state, keeper } = this.#parts;
    const old = this.waiting.forgetOld();
    for (const id of old) this.#incomplete.delete(id);
    // Another worker's may have been decided on there.
    const lost = old.filter((id) => !this.#underWay.has(id) && keeper.leaseOf(id) !== undefined);
    const [traceId] = lost;
    if (traceId === undefined) return;
    state.count("gaveUp", lost.length);
    const message = `Traces were given up that never became complete, or could not be scored: ${lost.length}, such as this one.`;
    state.problem({ message, traceId });
  }

  /** Other scorers have come: what was decided on is looked at again. */
  forget(): void {
    this.#known.clear();
    this.#generation += 1;
  }

  /** Waits until all that was seen is scored. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await new Promise((resolve) => this.#onEnd.push(resolve));
  }

  async close(): Promise<void> {
    this.#candidates.close();
    await Promise.all(this.#reading);
  }

  #isToDecide(summary: TraceSummary): boolean {
    const { traceId } = summary;
    if (this.#known.has(traceId) || this.#underWay.has(traceId) || this.waiting.isTooEarly(traceId)) return false;
    const isComplete = this.#isComplete(summary);
    if (isComplete) this.#incomplete.delete(traceId);
    else {
      this.#incomplete.add(traceId);
      this.waiting.add(traceId, startMillisOf(summary));
    }
    return isComplete;
  }

  #isComplete(summary: TraceSummary): boolean {
    if (!hasEnded(summary)) return false;
    const { settleMillis } = this.#parts.state.settings;
    if (endMillisOf(summary) + settleMillis <= Date.now()) return true;
    const seenMillis = this.waiting.seenMillis(summary.traceId);
    return seenMillis !== undefined && seenMillis + settleMillis <= performance.now();
  }

  #decide(
    summary: TraceSummary,
    lease: Lease,
    found: { readonly matching: Matching; readonly unknown: number },
  ): Candidate | undefined {
    const { state } = this.#parts;
    const { traceId } = summary;
    const isMonitored = !isOfEvaluation(summary);
    const unknown = isMonitored ? found.unknown : 0;
    const scorers = [...found.matching].flatMap(([group, ids]) => {
      if (isMonitored && ids?.has(traceId) !== false) return sampleGroup(traceId, group, state);
      state.count("filteredOut", group.scorers.length);
      return [];
    });
    const left = withoutRecorded(summary, scorers, state);
    state.count("postponed", unknown);
    if (left.length === 0) {
      if (unknown > 0) this.#waitFor(summary, "later");
      else this.#decided(traceId);
      return undefined;
    }
    this.#underWay.set(traceId, startMillisOf(summary));
    return { summary, scorers: left, lease, release: lease.use(), generation: this.#generation, unknown };
  }

  #decided(traceId: string): void {
    this.waiting.delete(traceId);
    this.#known.add(traceId);
  }

  async #read(): Promise<void> {
    const { source, state } = this.#parts;
    for (;;) {
      const [batch] = await this.#candidates.take(1);
      if (batch === undefined) return;
      try {
        const unreadable = new Set<string>();
        const traces = await source.read(
          batch.map(({ summary }) => summary.traceId),
          (traceId, cause) => {
            unreadable.add(traceId);
            state.problem({ message: `A trace cannot be read: ${String(cause)}`, traceId, cause });
          },
        );
        for (const candidate of batch) {
          const { traceId } = candidate.summary;
          const trace = traces.get(traceId);
          // What is known of a trace may come before its spans.
          if (unreadable.has(traceId)) this.#unread(candidate);
          else if (trace === undefined || rootSpanOf(trace) === undefined) this.#withoutSpans(candidate);
          else await this.#score(candidate, trace);
        }
      } catch (cause) {
        state.problem({ message: `Traces could not be read: ${String(cause)}`, cause });
        for (const candidate of batch) this.#unread(candidate);
      }
    }
  }

  async #score(candidate: Candidate, trace: Trace): Promise<void> {
    const { lease, summary, scorers } = candidate;
    const { assessments } = trace.info;
    const left = scorers.filter(({ name }) => !recordedScoring(assessments, name).isComplete);
    const { traceId } = summary;
    await this.#parts.pool.add(
      left.map((scorer) => ({ scorer, input: { trace }, traceId, assessments, lease })),
      (end) => this.#ended(candidate, end),
    );
  }

  #waitFor(summary: TraceSummary, end: ScoringEnd): void {
    const pauseMillis = end === "later" ? uncertainMillis(this.#parts.state.settings) : 0;
    this.waiting.add(summary.traceId, startMillisOf(summary), pauseMillis);
  }

  #withoutSpans(candidate: Candidate): void {
    this.#incomplete.add(candidate.summary.traceId);
    this.#ended(candidate, "later");
  }

  #unread(candidate: Candidate): void {
    if (!this.#underWay.has(candidate.summary.traceId)) return;
    this.#parts.state.count("postponed", candidate.scorers.length);
    this.#ended(candidate, "later");
  }

  #ended({ summary, release, generation, unknown }: Candidate, end: ScoringEnd): void {
    const { traceId } = summary;
    if (!this.#underWay.delete(traceId)) return;
    release();
    if (end !== "done" || generation !== this.#generation) this.#waitFor(summary, end);
    else if (unknown > 0) this.#waitFor(summary, "later");
    else this.#decided(traceId);
    for (const wake of this.#onEnd.splice(0)) wake();
  }
}
