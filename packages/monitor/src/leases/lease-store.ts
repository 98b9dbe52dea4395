/** What a store knows of one shard of the traces. */
export interface ShardState {
  readonly shard: number;
  /** Who has it; `undefined` where nobody has, or has no longer. */
  readonly owner: string | undefined;
  /** For how long, by the store's clock; 0 where nobody has it. */
  readonly leftMillis: number;
  /** Grows whenever the shard changes hands. */
  readonly fence: number;
  /** All traces of the shard that are older were looked at; Unix milliseconds. */
  readonly watermarkMillis: number | undefined;
}

/** Which shard, as of which change of hands: a step for a shard that has changed hands since does nothing. */
export type HeldShard = Pick<ShardState, "shard" | "fence">;

/** What a worker wants of the store. */
export interface LeaseRequest {
  readonly owner: string;
  /** How long what is kept and taken is the owner's, from when the store does this. */
  readonly durationMillis: number;
  readonly keep: readonly HeldShard[];
  /** Only those become the owner's that are nobody's. */
  readonly take: readonly number[];
  readonly release: readonly HeldShard[];
  /** The worker ends, and is not to be counted any more. */
  readonly isLeaving: boolean;
  /** How far the shards of `keep` that are named here were looked at. */
  readonly watermark?: { readonly millis: number; readonly shards: readonly number[] } | undefined;
}

/** What a store knows after a request. */
export interface LeaseAnswer {
  readonly shards: readonly ShardState[];
  /** The workers that were heard of within the duration of their leases, with the one that asks unless it leaves. */
  readonly workers: number;
}

/**
 * Where workers share traces out: each shard of them belongs to one worker until its lease ends by the store's own clock.
 * All workers of a store run the same scorers.
 */
export interface LeaseStore {
  readonly shardCount: number;
  /** Does what is asked, and says how things stand. @throws {TracelakeError} where the store cannot be asked. */
  readonly exchange: (request: LeaseRequest) => Promise<LeaseAnswer>;
}
