import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { listScorers } from "../registered-scorers.ts";
import { scheduledScorers, type MonitorOptions, type MonitorScorers } from "./monitor-options.ts";
import type { MonitorState } from "./monitor-state.ts";
import { notRunnable } from "./not-runnable.ts";
import { filterGroups, type FilterGroup } from "./selection.ts";
import type { TraceSource } from "./trace-source.ts";

const refreshMillis = 60_000;

interface Groups {
  readonly ofTraces: readonly FilterGroup[];
  readonly ofSessions: readonly FilterGroup[];
  /** Why scorers that were given are in no group. */
  readonly leftOut: readonly TracelakeError[];
  /** The same for the same scorers with the same rates and filters. */
  readonly key: string;
}

const registered = async ({ connection, experiment }: MonitorOptions): Promise<MonitorScorers> => {
  if (connection.service !== "local") {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The monitor has no scorers of its own",
      seen: `${connection.baseUrl} runs the scorers itself that are started there, and each trace would be judged twice`,
      remedy: "Give `scorers` of this program, or `() => listScorers({ … })` to have registered ones run here as well.",
    });
  }
  return listScorers({ connection, ...experiment });
};

const loadGroups = async (options: MonitorOptions, { judge }: MonitorState): Promise<Groups> => {
  const { scorers = () => registered(options) } = options;
  const all = scheduledScorers(typeof scorers === "function" ? await scorers() : scorers);
  const reasons = all.map(({ scorer }) => notRunnable(scorer, judge));
  const given = all.filter((_, index) => reasons[index] === undefined);
  const isOfSessions = ({ scorer }: (typeof given)[number]): boolean => scorer.record.isSessionLevel;
  return {
    ofTraces: filterGroups(given.filter((scheduled) => !isOfSessions(scheduled))),
    ofSessions: filterGroups(given.filter(isOfSessions)),
    leftOut: reasons.filter((reason) => reason !== undefined),
    key: JSON.stringify(given.map(({ scorer, sampleRate, filter }) => [scorer.name, sampleRate, filter])),
  };
};

const filtersOf = ({ ofTraces, ofSessions }: Groups): string[] =>
  [...ofTraces, ...ofSessions].flatMap(({ filter }) => filter ?? []);

// A filter that the workspace cannot read would otherwise fail at every look.
const tryFilter = (source: TraceSource, filter: string): Promise<unknown> =>
  source.idsIn({ fromMillis: 0, toMillis: 1 }, filter);

/** The scorers of a run by their filters, as they are now. */
export class ScorerGroups {
  readonly #options: MonitorOptions;
  readonly #source: TraceSource;
  readonly #tried: Set<string>;
  readonly #refused = new Set<string>();
  readonly #toldLeftOut = new Set<string>();
  #groups: Groups;
  #loadedMillis = performance.now();

  private constructor(options: MonitorOptions, source: TraceSource, groups: Groups) {
    this.#options = options;
    this.#source = source;
    this.#groups = groups;
    this.#tried = new Set(filtersOf(groups));
  }

  /**
   * Scorers that cannot run here are left out, and told of.
   *
   * @throws {TracelakeError} where the scorers cannot be had, none of those that are given can run here, or the workspace
   *   refuses a filter.
   */
  static async load(
    options: MonitorOptions,
    { source, state }: { readonly source: TraceSource; readonly state: MonitorState },
  ): Promise<ScorerGroups> {
    const groups = await loadGroups(options, state);
    const [reason] = groups.leftOut;
    if (reason !== undefined && groups.ofTraces.length + groups.ofSessions.length === 0) throw reason;
    for (const filter of filtersOf(groups)) await tryFilter(source, filter);
    const loaded = new ScorerGroups(options, source, groups);
    loaded.#tellLeftOut(state);
    return loaded;
  }

  get ofTraces(): readonly FilterGroup[] {
    return this.#groups.ofTraces.filter(this.#isUsable);
  }

  get ofSessions(): readonly FilterGroup[] {
    return this.#groups.ofSessions.filter(this.#isUsable);
  }

  /**
   * Asks for the scorers once a minute. Where that fails the ones that are known go on, and where a new filter is refused
   * those without it do, as where one cannot run here. Never throws.
   *
   * @returns whether they are others now.
   */
  async refresh(state: MonitorState): Promise<boolean> {
    if (performance.now() - this.#loadedMillis < refreshMillis) return false;
    this.#loadedMillis = performance.now();
    try {
      const groups = await loadGroups(this.#options, state);
      for (const filter of filtersOf(groups)) await this.#try(filter, state);
      const hasChanged = groups.key !== this.#groups.key;
      this.#groups = groups;
      this.#tellLeftOut(state);
      return hasChanged;
    } catch (cause) {
      state.problem({ message: `The scorers could not be asked for, and stay as they are: ${String(cause)}`, cause });
      return false;
    }
  }

  readonly #isUsable = ({ filter }: FilterGroup): boolean => filter === undefined || !this.#refused.has(filter);

  /** Each once. */
  #tellLeftOut(state: MonitorState): void {
    for (const cause of this.#groups.leftOut) {
      if (this.#toldLeftOut.has(cause.message)) continue;
      this.#toldLeftOut.add(cause.message);
      state.problem({ message: `A scorer is left out. ${cause.message}`, cause });
    }
  }

  async #try(filter: string, state: MonitorState): Promise<void> {
    if (this.#tried.has(filter)) return;
    try {
      await tryFilter(this.#source, filter);
    } catch (cause) {
      if (!TracelakeError.isInstance(cause) || cause.code !== ErrorCode.WORKSPACE_REJECTED) throw cause;
      this.#refused.add(filter);
      state.problem({ message: `Scorers are left out, as their filter is refused: ${String(cause)}`, cause });
    }
    this.#tried.add(filter);
  }
}
