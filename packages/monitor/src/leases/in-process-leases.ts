import type { HeldShard, LeaseAnswer, LeaseRequest, LeaseStore, ShardState } from "./lease-store.ts";

interface Entry {
  owner: string | undefined;
  fence: number;
  expiresMillis: number;
  watermarkMillis: number | undefined;
}

/** Leases in this process's memory: for one worker, or for several in one process. Nothing of it outlives the process. */
export const inProcessLeases = ({ shardCount = 1 }: { readonly shardCount?: number } = {}): LeaseStore => {
  const entries = Array.from({ length: shardCount }, (): Entry => ({
    owner: undefined,
    fence: 0,
    expiresMillis: 0,
    watermarkMillis: undefined,
  }));
  const heardOf = new Map<string, number>();

  const held = (owner: string, shards: readonly HeldShard[]): Entry[] =>
    shards.flatMap(({ shard, fence }) => {
      const entry = entries[shard];
      return entry?.owner === owner && entry.fence === fence ? [entry] : [];
    });

  const stateAt = (nowMillis: number): ShardState[] =>
    entries.map(({ owner, fence, expiresMillis, watermarkMillis }, shard) => ({
      shard,
      owner: expiresMillis > nowMillis ? owner : undefined,
      leftMillis: owner === undefined ? 0 : Math.max(0, expiresMillis - nowMillis),
      fence,
      watermarkMillis,
    }));

  const exchange = (request: LeaseRequest): LeaseAnswer => {
    const { owner, durationMillis, watermark } = request;
    const nowMillis = performance.now();
    const expiresMillis = nowMillis + durationMillis;
    for (const entry of held(owner, request.keep)) {
      entry.expiresMillis = expiresMillis;
      if (watermark?.shards.includes(entries.indexOf(entry)) === true) entry.watermarkMillis = watermark.millis;
    }
    for (const entry of held(owner, request.release)) entry.owner = undefined;
    for (const entry of request.take.flatMap((shard) => entries[shard] ?? [])) {
      if (entry.owner !== undefined && entry.expiresMillis > nowMillis) continue;
      Object.assign(entry, { owner, fence: entry.fence + 1, expiresMillis });
    }
    if (request.isLeaving) heardOf.delete(owner);
    else heardOf.set(owner, expiresMillis);
    for (const [name, until] of heardOf) if (until <= nowMillis) heardOf.delete(name);
    return { shards: stateAt(nowMillis), workers: heardOf.size };
  };

  return { shardCount, exchange: async (request) => Promise.resolve(exchange(request)) };
};
