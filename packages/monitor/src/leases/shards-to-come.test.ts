import { expect, it } from "vitest";
import type { LeaseAnswer } from "./lease-store.ts";
import { ShardsToCome } from "./shards-to-come.ts";

/** Shards by their owners: how long each has them, and as of which change of hands. */
const answer = (
  workers: number,
  ...shards: readonly (readonly [string | undefined, number?, number?])[]
): LeaseAnswer => ({
  workers,
  shards: shards.map(([owner, leftMillis = 0, fence = 1], shard) => ({
    shard,
    owner,
    leftMillis,
    fence,
    watermarkMillis: undefined,
  })),
});
const own = ["me", 60_000] as const;
const free = [undefined] as const;

it("shards of a worker that does not renew them are to come, until its lease ends", () => {
  const toCome = new ShardsToCome("me");
  expect(toCome.leftMillis(answer(2, own, ["other", 50_000]), 0)).toBe(50_000);
  expect(toCome.leftMillis(answer(2, own, ["other", 40_000]), 9_990)).toBe(40_000);
  expect(toCome.leftMillis(answer(1, own, free), 39_990)).toBe(0);
  expect(toCome.leftMillis(answer(1, own, own), 1_000)).toBeUndefined();
});

it("shards of a worker that renews or takes them are not to come, unless it has more than its part", () => {
  const renewed = new ShardsToCome("me");
  expect(renewed.leftMillis(answer(2, own, ["other", 50_000]), 0)).toBe(50_000);
  // Renewed once while ten seconds went by.
  expect(renewed.leftMillis(answer(2, own, ["other", 49_000]), 9_990)).toBeUndefined();

  const taken = new ShardsToCome("me");
  taken.leftMillis(answer(2, own, ["other", 50_000, 1]), 0);
  expect(taken.leftMillis(answer(2, own, ["another", 40_000, 2]), 9_990)).toBeUndefined();

  const unfair = new ShardsToCome("me");
  unfair.leftMillis(answer(2, ["other", 50_000], ["other", 50_000]), 0);
  expect(unfair.leftMillis(answer(2, ["other", 50_000], ["other", 50_000]), 9_990)).toBe(50_000);
  expect(unfair.leftMillis(answer(2, free, ["other", 60_000]), 9_990)).toBe(0);
  expect(unfair.leftMillis(answer(2, own, ["other", 60_000]), 9_990)).toBeUndefined();
});

it("a free shard is another's, where this worker has its part", () => {
  expect(new ShardsToCome("me").leftMillis(answer(2, own, free), 0)).toBeUndefined();
});
