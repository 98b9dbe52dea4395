import type { Trace, TraceSummary } from "@tracelake/workspace-client";
import type { Lease } from "../leases/lease.ts";
import type { ScorerCore } from "../scorer.ts";
import { Channel } from "./channel.ts";
import { KnownTraces } from "./known-traces.ts";
import type { FollowerParts } from "./follower-parts.ts";
import { recordedScoring } from "./recorded-scorings.ts";
import { uncertainMillis, type ScoringEnd } from "./scoring.ts";
import { isOfEvaluation, sampleGroup, withoutRecorded, type FilterGroup } from "./selection.ts";
import type { TracePage } from "./time-slices.ts";
import { endMillisOf, hasEnded, startMillisOf } from "./trace-times.ts";
import { WaitingTraces } from "./waiting-traces.ts";

/** A trace that some scorers are to look at. */
interface Candidate {
  readonly summary: TraceSummary;
  readonly scorers: readonly ScorerCore[];
  readonly lease: Lease;
  readonly release: () => void;
  readonly generation: number;
}

const mostKnown = 100_000;
const readers = 3;

/** Decides on every trace that is found, and has those scored that are to be scored. */
export class TraceFollower {
  readonly #parts: FollowerParts;
  /** Batches of them, so that none is read alone. */
  readonly #candidates = new Channel<readonly Candidate[]>(readers);
  readonly #known = new KnownTraces(mostKnown);
  readonly #underWay = new Map<string, number>();
  readonly waiting: WaitingTraces;
  readonly #reading: Promise<void>[];
  /** Of the scorers that look at the traces. */
  #generation = 0;
  readonly #onEnd: ((value?: unknown) => void)[] = [];

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.waiting = new WaitingTraces(parts.state.settings.lookbackMillis);
    this.#reading = Array.from({ length: readers }, () => this.#read());
  }

  /** Decides on the traces of a page. @throws {TracelakeError} where a filter cannot be asked for. */
  async see({ summaries, slice }: TracePage, groups: readonly FilterGroup[]): Promise<void> {
    // The right to a shard is taken note of before its traces are looked at again: nobody else writes from then on.
    const fresh = summaries.flatMap((summary) => {
      const lease = this.#parts.keeper.leaseOf(summary.traceId);
      return lease !== undefined && this.#isToDecide(summary) ? [{ summary, lease }] : [];
    });
    if (fresh.length === 0) return;
    const matching = new Map<FilterGroup, ReadonlySet<string> | undefined>();
    for (const group of groups) {
      matching.set(group, group.filter === undefined ? undefined : await this.#parts.source.idsIn(slice, group.filter));
    }
    const candidates = fresh.flatMap(({ summary, lease }) => this.#decide(summary, lease, matching) ?? []);
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
    if (this.#isComplete(summary)) return true;
    this.waiting.add(traceId, startMillisOf(summary));
    return false;
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
    matching: ReadonlyMap<FilterGroup, ReadonlySet<string> | undefined>,
  ): Candidate | undefined {
    const { state } = this.#parts;
    const { traceId } = summary;
    const scorers = [...matching].flatMap(([group, ids]) => {
      if (!isOfEvaluation(summary) && ids?.has(traceId) !== false) return sampleGroup(traceId, group, state);
      state.count("filteredOut", group.scorers.length);
      return [];
    });
    const left = withoutRecorded(summary, scorers, state);
    if (left.length === 0) {
      this.#decided(traceId);
      return undefined;
    }
    this.#underWay.set(traceId, startMillisOf(summary));
    return { summary, scorers: left, lease, release: lease.use(), generation: this.#generation };
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
        const traces = await source.read(
          batch.map(({ summary }) => summary.traceId),
          (traceId, cause) => state.problem({ message: `A trace cannot be read: ${String(cause)}`, traceId, cause }),
        );
        for (const candidate of batch) {
          const trace = traces.get(candidate.summary.traceId);
          if (trace === undefined) this.#ended(candidate, "later");
          else await this.#score(candidate, trace);
        }
      } catch (cause) {
        state.problem({ message: `Traces could not be read: ${String(cause)}`, cause });
        for (const candidate of batch) this.#ended(candidate, "later");
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

  #ended({ summary, release, generation }: Candidate, end: ScoringEnd): void {
    const { traceId } = summary;
    if (!this.#underWay.delete(traceId)) return;
    release();
    const { settings } = this.#parts.state;
    if (end === "done" && generation === this.#generation) this.#decided(traceId);
    else this.waiting.add(traceId, startMillisOf(summary), end === "later" ? uncertainMillis(settings) : 0);
    for (const wake of this.#onEnd.splice(0)) wake();
  }
}
