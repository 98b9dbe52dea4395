import { hash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Lease } from "./lease.ts";
import type { LeaseAnswer, LeaseStore, ShardState } from "./lease-store.ts";
import { after, momentNow, type Moment } from "./moment.ts";
import { fairShareOf, ShardsToCome } from "./shards-to-come.ts";

export interface LeaseKeeperOptions {
  readonly store: LeaseStore;
  /** How long a worker that has died keeps its shards. */
  readonly durationMillis: number;
  /** For how long nothing may have been sent under a lease that is given away: another worker would not see it yet. */
  readonly restMillis: number;
  /** Told that the store could not be asked; the leases go on until they end. */
  readonly onProblem: (error: unknown) => void;
}

interface Change {
  readonly keep: readonly Lease[];
  readonly take: readonly number[];
  readonly release: readonly Lease[];
  readonly isLeaving: boolean;
}

/** Which shard of so many a trace or a session is in. */
export const shardOf = (entityId: string, shardCount: number): number =>
  shardCount === 1 ? 0 : Number.parseInt(hash("sha256", entityId, "hex").slice(0, 8), 16) % shardCount;

/** Has a fair part of the shards, keeps it while it runs, and gives away what others are to have. */
export class LeaseKeeper {
  readonly owner = randomUUID();
  readonly #options: LeaseKeeperOptions;
  readonly #leases = new Map<number, Lease>();
  readonly #stopping = new AbortController();
  #answer: LeaseAnswer | undefined;
  #watermark: { readonly millis: number; readonly leases: readonly Lease[] } | undefined;
  #renewing: Promise<void> | undefined;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /**
   * Takes the first shards.
   *
   * @param options.waiting given, waits for the shards that workers left behind which have ended, and for its fair part of
   *   those of others: until it is aborted, and no longer than those that run take to give them away.
   * @throws {TracelakeError} where the store cannot be asked.
   */
  async start({ waiting }: { readonly waiting?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#exchange();
    const answer = await this.#exchange();
    if (waiting !== undefined) await this.#waitForShare(answer, waiting);
    this.#renewing = this.#renew();
  }

  get shardCount(): number {
    return this.#options.store.shardCount;
  }

  /** How many shards are other workers', as far as is known. */
  get foreignCount(): number {
    const shards = this.#answer?.shards ?? [];
    return shards.filter(({ owner }) => owner !== undefined && owner !== this.owner).length;
  }

  /** The leases that last, in the order of their shards. */
  get leases(): Lease[] {
    return [...this.#leases.values()].filter((lease) => lease.lastsFor(0)).sort((a, b) => a.shard - b.shard);
  }

  /** Under which lease something new may be begun for a trace or a session; `undefined` where it is another worker's. */
  leaseOf(entityId: string): Lease | undefined {
    const lease = this.#leases.get(shardOf(entityId, this.#options.store.shardCount));
    return lease !== undefined && !lease.isLeaving && lease.lastsFor(0) ? lease : undefined;
  }

  /**
   * Says that all traces up to this time were looked at under these leases; the store learns it with the next renewal.
   */
  reached(millis: number, leases: readonly Lease[]): void {
    this.#watermark = { millis, leases };
  }

  /** Gives those shards back that nothing was sent for lately, so that others need not wait for the leases to end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#renewing;
    const held = [...this.#leases.values()];
    const { durationMillis, restMillis, onProblem } = this.#options;
    const release = held.filter((lease) => lease.isAtRestFor(restMillis));
    for (const lease of held) lease.end();
    this.#leases.clear();
    // What cannot be released yet runs out as soon as it could be, and no later.
    const restLeftMillis = Math.max(1, ...held.map((lease) => lease.restLeftMillis(restMillis)));
    const change = { keep: held, take: [], release, isLeaving: true };
    await this.#ask(change, Math.min(restLeftMillis, durationMillis)).catch(onProblem);
  }

  async #waitForShare(first: LeaseAnswer, signal: AbortSignal): Promise<void> {
    const { durationMillis, restMillis, onProblem } = this.#options;
    // A worker that runs learns of this one with its next renewal, and gives shards away once they are at rest.
    const untilMillis = performance.now() + 2 * durationMillis + restMillis;
    const toCome = new ShardsToCome(this.owner);
    let leftMillis = toCome.leftMillis(first, 0);
    while (leftMillis !== undefined && !signal.aborted && performance.now() < untilMillis) {
      const startMillis = performance.now();
      const pauseMillis = Math.min(Math.max(leftMillis, durationMillis / 60), durationMillis / 6);
      await delay(pauseMillis, undefined, { signal }).catch(() => undefined);
      const elapsedMillis = performance.now() - startMillis;
      try {
        leftMillis = toCome.leftMillis(await this.#exchange(), elapsedMillis);
      } catch (error) {
        onProblem(error);
      }
    }
  }

  async #renew(): Promise<void> {
    const { durationMillis, onProblem } = this.#options;
    let pauseMillis = durationMillis / 3;
    for (;;) {
      const isStopped = await delay(pauseMillis, false, { signal: this.#stopping.signal, ref: false }).catch(
        () => true,
      );
      if (isStopped) return;
      try {
        await this.#exchange();
        pauseMillis = durationMillis / 3;
      } catch (error) {
        onProblem(error);
        pauseMillis = durationMillis / 10;
      }
    }
  }

  async #ask(change: Change, durationMillis = this.#options.durationMillis): Promise<LeaseAnswer> {
    const watermark = this.#watermark;
    return this.#options.store.exchange({
      owner: this.owner,
      durationMillis,
      ...change,
      ...(watermark === undefined
        ? {}
        : {
            watermark: {
              millis: watermark.millis,
              shards: watermark.leases.filter((lease) => change.keep.includes(lease)).map(({ shard }) => shard),
            },
          }),
    });
  }

  async #exchange(): Promise<LeaseAnswer> {
    // The store's clock starts later than this, so that a lease never ends there before it ends here.
    const start = momentNow();
    const { take, release } = this.#wishes();
    const keep = [...this.#leases.values()].filter((lease) => !release.includes(lease));
    for (const lease of release) {
      lease.end();
      this.#leases.delete(lease.shard);
    }
    const answer = await this.#ask({ keep, take, release, isLeaving: false });
    this.#answer = answer;
    const asked = new Set([...keep.map(({ shard }) => shard), ...take]);
    this.#apply(
      // What an exchange without an answer has taken, or has not released yet, is left to run out.
      answer.shards.filter(({ owner, shard }) => owner === this.owner && asked.has(shard)),
      start,
    );
    return answer;
  }

  #apply(states: readonly ShardState[], start: Moment): void {
    const endOf = ({ leftMillis }: ShardState): Moment =>
      after(start, Math.min(leftMillis, this.#options.durationMillis));
    const own = new Map(states.map((state) => [state.shard, state]));
    for (const [shard, lease] of this.#leases) {
      // While a lease had ended, traces of its shard were passed over: it is another one that begins now.
      const state = own.get(shard);
      if (state?.fence === lease.fence && lease.lastsFor(0)) lease.extendTo(endOf(state));
      else {
        lease.end();
        this.#leases.delete(shard);
      }
    }
    for (const [shard, state] of own) {
      if (!this.#leases.has(shard)) this.#leases.set(shard, new Lease(state, endOf(state)));
    }
  }

  #wishes(): { readonly take: number[]; readonly release: Lease[] } {
    if (this.#answer === undefined) return { take: [], release: [] };
    const { shards } = this.#answer;
    const fairShare = fairShareOf(this.#answer, this.owner);
    const held = [...this.#leases.values()];
    const staying = held.filter(({ isLeaving }) => !isLeaving);
    for (const lease of staying.slice(fairShare)) lease.leave();
    const free = shards.filter(({ owner }) => owner === undefined).map(({ shard }) => shard);
    return {
      take: free.slice(0, Math.max(0, fairShare - held.length)),
      release: held.filter((lease) => lease.isLeaving && lease.isAtRestFor(this.#options.restMillis)),
    };
  }
}
