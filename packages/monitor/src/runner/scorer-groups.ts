import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { listScorers } from "../registered-scorers.ts";
import { scheduledScorers, type MonitorOptions, type MonitorScorers } from "./monitor-options.ts";
import type { MonitorState } from "./monitor-state.ts";
import { filterGroups, type FilterGroup } from "./selection.ts";
import type { TraceSource } from "./trace-source.ts";

const refreshMillis = 60_000;

interface Groups {
  readonly ofTraces: readonly FilterGroup[];
  readonly ofSessions: readonly FilterGroup[];
  /** The same for the same scorers with the same rates and filters. */
  readonly key: string;
}

const registered = async ({ connection, experiment }: MonitorOptions): Promise<MonitorScorers> =>
  (await listScorers({ connection, ...experiment })).filter(({ sampleRate }) => sampleRate > 0);

const loadGroups = async (options: MonitorOptions): Promise<Groups> => {
  const { scorers = () => registered(options) } = options;
  const given = scheduledScorers(typeof scorers === "function" ? await scorers() : scorers);
  const isOfSessions = ({ scorer }: (typeof given)[number]): boolean => scorer.record.isSessionLevel;
  return {
    ofTraces: filterGroups(given.filter((scheduled) => !isOfSessions(scheduled))),
    ofSessions: filterGroups(given.filter(isOfSessions)),
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
  #groups: Groups;
  #loadedMillis = performance.now();

  private constructor(options: MonitorOptions, source: TraceSource, groups: Groups) {
    this.#options = options;
    this.#source = source;
    this.#groups = groups;
    this.#tried = new Set(filtersOf(groups));
  }

  /** @throws {TracelakeError} where the scorers cannot be had, or the workspace refuses a filter. */
  static async load(options: MonitorOptions, source: TraceSource): Promise<ScorerGroups> {
    const groups = await loadGroups(options);
    for (const filter of filtersOf(groups)) await tryFilter(source, filter);
    return new ScorerGroups(options, source, groups);
  }

  get ofTraces(): readonly FilterGroup[] {
    return this.#groups.ofTraces.filter(this.#isUsable);
  }

  get ofSessions(): readonly FilterGroup[] {
    return this.#groups.ofSessions.filter(this.#isUsable);
  }

  /**
   * Asks for the scorers once a minute. Where that fails the ones that are known go on, and where a new filter is refused
   * those without it do. Never throws.
   *
   * @returns whether they are others now.
   */
  async refresh(state: MonitorState): Promise<boolean> {
    if (performance.now() - this.#loadedMillis < refreshMillis) return false;
    this.#loadedMillis = performance.now();
    try {
      const groups = await loadGroups(this.#options);
      for (const filter of filtersOf(groups)) await this.#try(filter, state);
      const hasChanged = groups.key !== this.#groups.key;
      this.#groups = groups;
      return hasChanged;
    } catch (cause) {
      state.problem({ message: `The scorers could not be asked for, and stay as they are: ${String(cause)}`, cause });
      return false;
    }
  }

  readonly #isUsable = ({ filter }: FilterGroup): boolean => filter === undefined || !this.#refused.has(filter);

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
