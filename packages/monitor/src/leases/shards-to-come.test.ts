import { describe, expect, it } from "vitest";
import type { LeaseAnswer } from "./lease-store.ts";
import { fairShareOf, ShardsToCome } from "./shards-to-come.ts";

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

describe("the fair share", () => {
  const held = (counts: Readonly<Record<string, number>>, workers: number): LeaseAnswer =>
    answer(
      workers,
      ...Object.entries(counts).flatMap(([owner, count]) =>
        Array.from({ length: count }, () => (owner === "" ? free : ([owner, 60_000] as const))),
      ),
    );
  const sharesOf = (counts: Readonly<Record<string, number>>, workers: number): number[] =>
    Object.keys(counts).map((owner) => fairShareOf(held(counts, workers), owner));

  it("is what is left over for as many as have it, and no more for others", () => {
    expect(sharesOf({ a: 2, b: 1, c: 2 }, 3)).toEqual([2, 1, 2]);
    expect(sharesOf({ a: 3, b: 3 }, 4)).toEqual([2, 2]);
    expect(fairShareOf(held({ a: 2, b: 2, c: 1, "": 1 }, 4), "c")).toBe(1);
    expect(fairShareOf(held({ a: 2, "": 4 }, 4), "c")).toBe(2);
  });

  it("is less for as many workers as have more while others lack it", () => {
    expect(sharesOf({ a: 2, b: 2, c: 2 }, 4)).toEqual([2, 2, 1]);
    // One of the two that are lacking is free already.
    expect(sharesOf({ a: 2, b: 2, c: 2, d: 2, e: 1, "": 1 }, 7)).toEqual([2, 2, 2, 1, 1, 1]);
    expect(sharesOf({ a: 1, b: 1 }, 3)).toEqual([1, 1]);
  });
});
