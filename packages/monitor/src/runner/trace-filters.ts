import { quoteForMessage } from "@tracelake/wire";
import type { FollowerParts } from "./follower-parts.ts";
import type { FilterGroup } from "./selection.ts";
import type { TimeSlice } from "./trace-source.ts";

const leastRestMillis = 5_000;
// Asking in vain takes a fifth of the time at most.
const restFactor = 4;

/** Groups, each with the ids of the traces that fulfil its filter; `undefined` where all do. */
export type Matching = ReadonlyMap<FilterGroup, ReadonlySet<string> | undefined>;

/** Asks which traces fulfil the filters of scorers. One that fails rests for a while, and does not hold up the others. */
export class TraceFilters {
  readonly #parts: Pick<FollowerParts, "source" | "state">;
  /** By a clock that nobody sets. */
  readonly #restsUntilMillis = new Map<string, number>();

  constructor(parts: Pick<FollowerParts, "source" | "state">) {
    this.#parts = parts;
  }

  /** The groups of which it is known what the traces of a slice fulfil; never throws. */
  async match(slice: TimeSlice, groups: readonly FilterGroup[]): Promise<Matching> {
    const matching = new Map<FilterGroup, ReadonlySet<string> | undefined>();
    for (const group of groups) {
      if (group.filter === undefined) matching.set(group, undefined);
      else {
        const ids = await this.#ask(slice, group.filter);
        if (ids !== undefined) matching.set(group, ids);
      }
    }
    return matching;
  }

  async #ask(slice: TimeSlice, filter: string): Promise<ReadonlySet<string> | undefined> {
    const startMillis = performance.now();
    if (startMillis < (this.#restsUntilMillis.get(filter) ?? 0)) return undefined;
    const { source, state } = this.#parts;
    try {
      return await source.idsIn(slice, filter);
    } catch (cause) {
      const nowMillis = performance.now();
      this.#restsUntilMillis.set(filter, nowMillis + Math.max(leastRestMillis, restFactor * (nowMillis - startMillis)));
      state.problem({
        message: `Scorers wait, as the workspace does not say what fulfils ${quoteForMessage(filter)}: ${String(cause)}`,
        cause,
      });
      return undefined;
    }
  }
}
