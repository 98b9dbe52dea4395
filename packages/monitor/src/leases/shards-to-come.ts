import type { LeaseAnswer, ShardState } from "./lease-store.ts";

const countsOf = (shards: readonly ShardState[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { owner } of shards) if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
};

/**
 * How many shards a worker may have: all have the same, and what is left over goes to as many of them, one each, which are
 * first those that have more. Where too many have more, all workers see the same ones as the first, by their names, so that
 * no more shards are given away than others lack, and it ends.
 */
export const fairShareOf = ({ shards, workers }: LeaseAnswer, worker: string): number => {
  const least = Math.floor(shards.length / workers);
  const more = [...countsOf(shards)].flatMap(([owner, count]) => (count > least ? [owner] : [])).sort();
  const place = more.includes(worker) ? more.indexOf(worker) : more.length;
  return place < shards.length % workers ? least + 1 : least;
};

// What the clocks of the store and of the worker may disagree by between two answers.
const toleranceMillis = 100;

/** Which shards are still to become a worker's own, as one answer of the store after the other shows. */
export class ShardsToCome {
  readonly #owner: string;
  readonly #seen = new Map<number, ShardState>();
  /** Shards that were taken or renewed meanwhile: their owner runs. */
  readonly #renewed = new Set<number>();

  constructor(owner: string) {
    this.#owner = owner;
  }

  /**
   * How long the first of them is somebody else's at most, by the store's clock; `undefined` where none is to come.
   *
   * @param elapsedMillis how long it is since the last answer at least.
   */
  leftMillis(answer: LeaseAnswer, elapsedMillis: number): number | undefined {
    for (const state of answer.shards) {
      const seen = this.#seen.get(state.shard);
      this.#seen.set(state.shard, state);
      if (seen === undefined) continue;
      const expectedMillis = seen.leftMillis - elapsedMillis + toleranceMillis;
      if (state.fence !== seen.fence || state.leftMillis > expectedMillis) this.#renewed.add(state.shard);
    }
    const toCome = this.#toCome(answer).map(({ leftMillis }) => leftMillis);
    return toCome.length === 0 ? undefined : Math.min(...toCome);
  }

  #toCome(answer: LeaseAnswer): ShardState[] {
    const { shards } = answer;
    const counts = countsOf(shards);
    const hasMoreThanShare = (owner: string): boolean => (counts.get(owner) ?? 0) > fairShareOf(answer, owner);
    const hasShare = (counts.get(this.#owner) ?? 0) >= fairShareOf(answer, this.#owner);
    return shards.filter(({ shard, owner }) => {
      if (owner === this.#owner) return false;
      if (owner === undefined) return !hasShare;
      if (!this.#renewed.has(shard)) return true;
      return !hasShare && hasMoreThanShare(owner);
    });
  }
}
