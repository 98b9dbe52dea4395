import type { LeaseAnswer, ShardState } from "./lease-store.ts";

/** How many shards a worker may have. */
export const fairShareOf = ({ shards, workers }: LeaseAnswer): number => Math.ceil(shards.length / workers);

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
    const fairShare = fairShareOf(answer);
    const countOf = (name: string): number => shards.filter(({ owner }) => owner === name).length;
    const hasShare = countOf(this.#owner) >= fairShare;
    return shards.filter(({ shard, owner }) => {
      if (owner === this.#owner) return false;
      if (owner === undefined) return !hasShare;
      if (!this.#renewed.has(shard)) return true;
      return !hasShare && countOf(owner) > fairShare;
    });
  }
}
