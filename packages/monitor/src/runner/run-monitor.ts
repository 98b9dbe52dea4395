import { setTimeout as delay } from "node:timers/promises";
import type { TraceSummary } from "@tracelake/workspace-client";
import { inProcessLeases } from "../leases/in-process-leases.ts";
import { LeaseKeeper } from "../leases/lease-keeper.ts";
import type { Lease } from "../leases/lease.ts";
import { LookedAt, type Look } from "./looked-at.ts";
import type { MonitorCounts } from "./monitor-counts.ts";
import { settingsOf, type MonitorOptions } from "./monitor-options.ts";
import { MonitorState } from "./monitor-state.ts";
import { uncertainMillis } from "./scoring.ts";
import { ScoringPool } from "./scoring-pool.ts";
import { ScorerGroups } from "./scorer-groups.ts";
import { SessionFollower } from "./session-follower.ts";
import { walkTraces } from "./time-slices.ts";
import { TraceFollower } from "./trace-follower.ts";
import { TraceSource, type TimeSlice } from "./trace-source.ts";

const pollsBetweenLookBacks = 3;
// Looking for traces takes a fifth of the workspace's time at most, and looking back a twentieth.
const lookFactor = 4;
const lookBackFactor = 20;
const longestPauseMillis = 60_000;

interface MonitorParts {
  readonly state: MonitorState;
  readonly source: TraceSource;
  readonly groups: ScorerGroups;
  /** Only what began in this time is looked at, and it says nothing of how far others have to look. */
  readonly range: TimeSlice | undefined;
}

/** One run of the monitor. */
class MonitorRun {
  readonly #options: MonitorOptions;
  readonly #range: TimeSlice | undefined;
  readonly #state: MonitorState;
  readonly #source: TraceSource;
  readonly #keeper: LeaseKeeper;
  readonly #traces: TraceFollower;
  readonly #sessions: SessionFollower;
  readonly #pool: ScoringPool;
  readonly #groups: ScorerGroups;
  readonly #lookedAt: LookedAt;
  #lookBackAtMillis = 0;
  #sessionWork: Promise<void> | undefined;

  constructor(options: MonitorOptions, { state, source, groups, range }: MonitorParts) {
    this.#options = options;
    this.#range = range;
    this.#state = state;
    this.#source = source;
    this.#groups = groups;
    const { lookbackMillis } = state.settings;
    this.#lookedAt = new LookedAt({ lookbackMillis, sinceMillis: options.since?.getTime() });
    this.#keeper = new LeaseKeeper({
      store: options.leases ?? inProcessLeases(),
      durationMillis: state.settings.leaseMillis,
      restMillis: uncertainMillis(state.settings),
      onProblem: (cause) => state.problem({ message: `The leases could not be renewed: ${String(cause)}`, cause }),
    });
    this.#pool = new ScoringPool(state, { waits: options.once !== true });
    const shared = { state, source, keeper: this.#keeper, pool: this.#pool };
    this.#traces = new TraceFollower(shared);
    this.#sessions = new SessionFollower(shared);
  }

  async run(): Promise<MonitorCounts> {
    await this.#keeper.start({ waiting: this.#options.once === true ? this.#state.signal : undefined });
    try {
      await (this.#options.once === true ? this.#lookOnce() : this.#watch());
    } finally {
      await this.#traces.close();
      await this.#sessionWork;
      await this.#sessions.idle();
      await this.#pool.idle();
      await this.#keeper.stop();
      this.#state.setWaiting(this.#traces.incompleteCount + this.#sessions.incompleteCount);
      this.#state.tellProgress();
    }
    return this.#state.counts;
  }

  // What is complete but has not settled is waited for; what is not complete is not.
  async #lookOnce(): Promise<void> {
    const { settleMillis } = this.#state.settings;
    this.#tellForeign();
    await this.#look();
    await this.#finish();
    if (this.#traces.waiting.size === 0 || this.#state.signal.aborted) return;
    await this.#pause(settleMillis);
    await this.#look();
    await this.#finish();
  }

  // They look at what is new, but not at an older time.
  #tellForeign(): void {
    const { foreignCount } = this.#keeper;
    if (foreignCount === 0) return;
    const left = this.#range === undefined ? "their traces are left to them" : "their traces are not scored";
    const message = `Other workers have ${foreignCount} of the ${this.#keeper.shardCount} shards: ${left}.`;
    this.#state.problem({ message });
  }

  async #finish(): Promise<void> {
    await this.#traces.idle();
    await this.#sessions.scoreQuiet(this.#groups.ofSessions);
    await this.#sessions.idle();
  }

  // New traces are looked for meanwhile: conversations take long to judge.
  async #scoreSessions(): Promise<void> {
    try {
      await this.#sessions.scoreQuiet(this.#groups.ofSessions);
    } finally {
      this.#sessionWork = undefined;
    }
  }

  async #watch(): Promise<void> {
    const { signal, settings } = this.#state;
    let pauseMillis = settings.pollMillis;
    while (!signal.aborted) {
      try {
        await this.#refresh();
        const askedMillis = await this.#look();
        this.#sessionWork ??= this.#scoreSessions();
        pauseMillis = Math.min(Math.max(settings.pollMillis, askedMillis * lookFactor), longestPauseMillis);
      } catch (cause) {
        this.#state.problem({ message: `Looking for traces failed, and is tried again: ${String(cause)}`, cause });
        pauseMillis = Math.min(pauseMillis * 2, Math.max(longestPauseMillis, settings.pollMillis));
      }
      await this.#pause(pauseMillis);
    }
  }

  /** Looks at every trace that may be new. @returns how long the workspace was asked. */
  async #look(): Promise<number> {
    const nowMillis = Date.now();
    const { leases } = this.#keeper;
    if (leases.length === 0) return 0;
    const look = { nowMillis, isLookingBack: performance.now() >= this.#lookBackAtMillis };
    let askedMillis = 0;
    const pages = walkTraces(this.#source, this.#sliceOf(leases, look));
    for (;;) {
      const startMillis = performance.now();
      const { value: page } = await pages.next();
      askedMillis += performance.now() - startMillis;
      if (page === undefined) break;
      if (this.#state.signal.aborted) return askedMillis;
      await this.#traces.see(page, this.#groups.ofTraces);
      if (this.#groups.ofSessions.length > 0) await this.#seeSessions(page.summaries);
    }
    if (this.#state.signal.aborted) return askedMillis;
    this.#traces.giveUpOld();
    this.#looked(leases, look);
    this.#state.setWaiting(this.#traces.incompleteCount + this.#sessions.incompleteCount);
    if (!look.isLookingBack) return askedMillis;
    const pauseMillis = Math.max(this.#state.settings.pollMillis * pollsBetweenLookBacks, askedMillis * lookBackFactor);
    this.#lookBackAtMillis = performance.now() + pauseMillis;
    return askedMillis;
  }

  async #seeSessions(summaries: readonly TraceSummary[]): Promise<void> {
    this.#sessions.see(summaries);
    // A long time has more sessions than are to be kept in mind until its end.
    if (this.#options.once === true) await this.#sessions.scoreQuiet(this.#groups.ofSessions);
  }

  // Of what was passed over, because its lease has ended or is to be given away, nobody may think that it was looked at.
  #looked(leases: readonly Lease[], look: Look): void {
    if (this.#range !== undefined) return;
    const lasting = leases.filter((lease) => !lease.isLeaving && lease.lastsFor(0));
    const seenMillis = this.#lookedAt.looked(lasting, look);
    const open = [this.#traces.oldestOpenMillis(), this.#sessions.oldestOpenMillis()];
    this.#keeper.reached(Math.min(seenMillis, ...open.filter((millis) => millis !== undefined)), lasting);
  }

  #sliceOf(leases: readonly Lease[], look: Look): TimeSlice {
    const openMillis = this.#traces.oldestOpenMillis();
    if (this.#range !== undefined) {
      const { fromMillis, toMillis } = this.#range;
      return { fromMillis: Math.max(fromMillis, openMillis ?? fromMillis), toMillis };
    }
    const fromMillis = Math.min(this.#lookedAt.fromMillis(leases, look), openMillis ?? Infinity);
    return { fromMillis: Math.max(0, fromMillis), toMillis: undefined };
  }

  async #refresh(): Promise<void> {
    if (!(await this.#groups.refresh(this.#state))) return;
    this.#traces.forget();
    this.#sessions.forget();
  }

  async #pause(millis: number): Promise<void> {
    await delay(millis, undefined, { signal: this.#state.signal }).catch(() => undefined);
  }
}

/** {@link runMonitor} over the traces that began in some time, instead of new ones. */
export const scoreRange = async (options: MonitorOptions, range: TimeSlice | undefined): Promise<MonitorCounts> => {
  const state = new MonitorState(options, settingsOf(options));
  const source = await TraceSource.open(options);
  const groups = await ScorerGroups.load(options, { source, state });
  return new MonitorRun(options, { state, source, groups, range }).run();
};

/**
 * Scores new traces with scorers of this process, and writes what they say through the workspace's own API: exactly one
 * judgement of each scorer on each trace, whatever crashes, and also where several workers share the work by `leases`.
 *
 * What goes wrong with a trace, a scorer or a request is told to `onProblem`, and the run goes on.
 *
 * @returns what became of all scorings, when there is nothing left (`once`) or `signal` ends it.
 * @throws {TracelakeError} `CONFIG_*` for options that cannot be used, and where no scorer can run here; `WORKSPACE_*` where
 *   the workspace, at the start, cannot be asked or refuses a filter, and with `once` also later, where it cannot be asked for
 *   traces: what is under way is finished before.
 */
export const runMonitor = (options: MonitorOptions): Promise<MonitorCounts> => scoreRange(options, undefined);
