import { setTimeout as delay } from "node:timers/promises";
import { statementExecution, type SqlClient } from "@tracelake/workspace-client";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { sendTraces, serveWorkspace, type ServedWorkspace } from "../../../test/support/monitored-workspace.ts";
import { inProcessLeases, sqlLeases, type LeaseRequest, type LeaseStore } from "../src/index.ts";
import { LeaseKeeper, shardOf } from "../src/leases/lease-keeper.ts";
import { Lease } from "../src/leases/lease.ts";
import { after, momentNow } from "../src/leases/moment.ts";

let workspace: ServedWorkspace;
let sql: SqlClient;

beforeAll(async () => {
  workspace = await serveWorkspace();
  await sendTraces(workspace.connection, "main.leases.agent", [{ id: "1".repeat(32), startMillis: 0 }]);
  sql = statementExecution(workspace.connection, { sqlWarehouseId: "local" });
});
afterAll(() => workspace.close());

const request = (owner: string, more: Partial<LeaseRequest> = {}): LeaseRequest => ({
  owner,
  durationMillis: 60_000,
  keep: [],
  take: [],
  release: [],
  isLeaving: false,
  ...more,
});

let tables = 0;
// Each worker of a SQL store has its own, in a process of its own.
const stores: readonly [string, () => () => LeaseStore][] = [
  [
    "in this process",
    () => {
      const store = inProcessLeases({ shardCount: 4 });
      return () => store;
    },
  ],
  [
    "in a table",
    () => {
      const table = `main.leases.leases_${++tables}`;
      return () => sqlLeases(sql, { table, shardCount: 4 });
    },
  ],
];

describe.each(stores)("leases %s", (_, open) => {
  it("give a shard to one worker at a time, and the next one another fence", async () => {
    const store = open();
    const [one, two] = [store(), store()];
    const first = await one.exchange(request("a", { take: [0, 1], durationMillis: 8_000 }));
    expect(first.shards.map(({ owner }) => owner)).toEqual(["a", "a", undefined, undefined]);
    const second = await two.exchange(request("b", { take: [1, 2] }));
    expect(second.shards.map(({ owner }) => owner)).toEqual(["a", "a", "b", undefined]);
    expect(second.workers).toBe(2);
    const again = () => two.exchange(request("b", { keep: [{ shard: 2, fence: 1 }], take: [1] }));
    await expect
      .poll(async () => (await again()).shards[1], { timeout: 15_000 })
      .toMatchObject({ owner: "b", fence: 2 });
    const third = await again();
    expect(third.shards[0]?.owner).toBeUndefined();
    expect(third.workers).toBe(1);
    const late = await one.exchange(
      request("a", { keep: [{ shard: 1, fence: 1 }], release: [{ shard: 1, fence: 1 }] }),
    );
    expect(late.shards[1]).toMatchObject({ owner: "b", fence: 2 });
  });

  it("keep how far a shard was looked at for whoever takes it next, and take it from nobody else", async () => {
    const store = open();
    const [one, two] = [store(), store()];
    const mine = { shard: 3, fence: 1 };
    await one.exchange(request("a", { take: [3] }));
    await one.exchange(request("a", { keep: [mine], watermark: { millis: 1234, shards: [3] } }));
    await two.exchange(request("b", { keep: [mine], watermark: { millis: 1, shards: [3] } }));
    await one.exchange(request("a", { release: [mine], isLeaving: true }));
    const taken = await two.exchange(request("b", { take: [3] }));
    expect(taken.shards[3]).toMatchObject({ shard: 3, owner: "b", fence: 2, watermarkMillis: 1234 });
    expect(taken.shards[3]?.leftMillis).toBeGreaterThan(30_000);
    // Sums of fractions are not exact.
    expect(taken.shards[3]?.leftMillis).toBeLessThan(60_001);
    expect(taken.shards[2]?.leftMillis).toBe(0);
    expect(taken.workers).toBe(1);
  });

  it("are shared out fairly, and go to the others when a worker ends", async () => {
    const store = open();
    const keepers = [0, 1].map(
      () =>
        new LeaseKeeper({
          store: store(),
          durationMillis: 900,
          restMillis: 0,
          onProblem: (error) => expect.fail(String(error)),
        }),
    );
    const [one, two] = keepers as [LeaseKeeper, LeaseKeeper];
    await one.start();
    expect(one.leases).toHaveLength(4);
    await two.start();
    await expect.poll(() => keepers.map(({ leases }) => leases.length), { timeout: 5_000 }).toEqual([2, 2]);
    const shards = keepers.flatMap(({ leases }) => leases.map(({ shard }) => shard)).sort((a, b) => a - b);
    expect(shards).toEqual([0, 1, 2, 3]);
    await one.stop();
    expect(one.leases).toEqual([]);
    await expect.poll(() => two.leases.length, { timeout: 5_000 }).toBe(4);
    await two.stop();
  });
});

describe("shards that cannot be divided evenly", () => {
  const startWorkers = async (store: LeaseStore, count: number): Promise<LeaseKeeper[]> => {
    const workers = Array.from(
      { length: count },
      () => new LeaseKeeper({ store, durationMillis: 300, restMillis: 0, onProblem: () => {} }),
    );
    await Promise.all(workers.map((worker) => worker.start()));
    return workers;
  };
  const countsOf = (workers: readonly LeaseKeeper[]): number[] =>
    workers.map(({ leases }) => leases.length).toSorted((a, b) => a - b);
  const holdersOf = (workers: readonly LeaseKeeper[]): string[] =>
    workers.flatMap(({ owner, leases }) => leases.map(({ shard, fence }) => `${shard} ${fence} ${owner}`)).toSorted();

  it.each([
    [16, 12],
    [16, 9],
    [7, 5],
    [3, 5],
  ])("%d of them leave none of %d workers out, and stay where they are", async (shardCount, count) => {
    const store = inProcessLeases({ shardCount });
    const least = Math.floor(shardCount / count);
    const even = Array.from({ length: count }, (_, index) =>
      index < count - (shardCount % count) ? least : least + 1,
    );
    // Those that come first have all there is.
    const first = await startWorkers(store, Math.ceil(count / 2));
    await expect.poll(() => holdersOf(first).length).toBe(shardCount);
    const workers = [...first, ...(await startWorkers(store, Math.floor(count / 2)))];
    await expect.poll(() => countsOf(workers), { timeout: 5_000 }).toEqual(even);
    const holders = holdersOf(workers);
    await delay(1_000);
    expect(holdersOf(workers)).toEqual(holders);
    await Promise.all(workers.map((worker) => worker.stop()));
  });
});

describe("a worker of a table", () => {
  it("is counted again after it was forgotten", async () => {
    const table = `main.leases.leases_${++tables}`;
    const [one, two, three] = [0, 1, 2].map(() => sqlLeases(sql, { table, shardCount: 4 })) as [
      LeaseStore,
      LeaseStore,
      LeaseStore,
    ];
    await one.exchange(request("a", { durationMillis: 1 }));
    // Whoever enters forgets those that were not heard of.
    expect((await two.exchange(request("b"))).workers).toBe(1);
    await one.exchange(request("a"));
    await one.exchange(request("a"));
    expect((await three.exchange(request("c"))).workers).toBe(3);
  });
});

/** Two workers, the second of which comes while the first is at work under every lease; `done` ends that work. */
const startSecondWorker = async (restMillis = 0) => {
  const store = inProcessLeases({ shardCount: 2 });
  const keepers = [0, 1].map(() => new LeaseKeeper({ store, durationMillis: 300, restMillis, onProblem: () => {} }));
  const [one, two] = keepers as [LeaseKeeper, LeaseKeeper];
  await one.start();
  const done = one.leases.map((lease) => lease.use());
  await two.start();
  return { one, two, done };
};

describe("a lease", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("ends while the machine is suspended, when only the clock of the day goes on", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const lease = new Lease({ shard: 0, fence: 1, watermarkMillis: undefined }, after(momentNow(), 60_000));
    expect(lease.lastsFor(50_000)).toBe(true);
    vi.setSystemTime(Date.now() + 30_000);
    expect(lease.lastsFor(40_000)).toBe(false);
    vi.setSystemTime(Date.now() + 30_000);
    expect(lease.lastsFor(0)).toBe(false);
  });

  it("ends by itself when the store cannot be asked, and with it the right to begin anything", async () => {
    const store = inProcessLeases({ shardCount: 1 });
    let isDown = false;
    const problems: unknown[] = [];
    const keeper = new LeaseKeeper({
      store: {
        shardCount: 1,
        exchange: async (asked) => (isDown ? Promise.reject(new Error("down")) : store.exchange(asked)),
      },
      durationMillis: 300,
      restMillis: 0,
      onProblem: (error) => problems.push(error),
    });
    await keeper.start();
    const lease = keeper.leaseOf("any");
    expect(lease?.lastsFor(200)).toBe(true);
    expect(lease?.lastsFor(400)).toBe(false);
    isDown = true;
    await expect.poll(() => lease?.lastsFor(0)).toBe(false);
    expect(keeper.leaseOf("any")).toBeUndefined();
    isDown = false;
    await expect.poll(() => keeper.leaseOf("any") !== undefined).toBe(true);
    expect(problems.length).toBeGreaterThan(0);
    await keeper.stop();
  });

  it("is given back only when nothing is under way under it", async () => {
    const { one, two, done } = await startSecondWorker();
    await delay(400);
    expect(one.leases).toHaveLength(2);
    expect(two.leases).toEqual([]);
    for (const end of done) end();
    await expect.poll(() => two.leases.length).toBe(1);
    await Promise.all([one, two].map((keeper) => keeper.stop()));
  });

  it("is given back only when nothing was sent for some time, and is left to run out at the end", async () => {
    const { one, two, done } = await startSecondWorker(600);
    for (const lease of one.leases) lease.noteSent();
    for (const end of done) end();
    await delay(400);
    expect(two.leases).toEqual([]);
    await expect.poll(() => two.leases.length).toBe(1);
    for (const lease of one.leases) lease.noteSent();
    await one.stop();
    const hasBoth = () => two.leases.length === 2;
    expect(hasBoth()).toBe(false);
    await expect.poll(hasBoth, { timeout: 3_000 }).toBe(true);
    await two.stop();
  });

  it("under which something was just sent runs out when it is at rest, and not later", async () => {
    const store = inProcessLeases({ shardCount: 2 });
    const options = { store, durationMillis: 30_000, restMillis: 400, onProblem: () => {} };
    const [one, two, three] = [0, 1, 2].map(() => new LeaseKeeper(options)) as [LeaseKeeper, LeaseKeeper, LeaseKeeper];
    await one.start();
    one.leases[1]?.noteSent();
    const startMillis = performance.now();
    await one.stop();
    await two.start();
    expect(two.leases.map(({ shard }) => shard)).toEqual([0]);
    await two.stop();
    // A 60th of the duration is the shortest pause of one that waits.
    await three.start({ waiting: new AbortController().signal });
    expect(three.leases).toHaveLength(2);
    expect(three.foreignCount).toBe(0);
    expect(performance.now() - startMillis).toBeGreaterThan(390);
    expect(performance.now() - startMillis).toBeLessThan(3_000);
    await three.stop();
  });

  it("of a worker that was killed, and its part of those of one that runs, are waited for by whoever needs them", async () => {
    const store = inProcessLeases({ shardCount: 4 });
    const options = { store, durationMillis: 900, restMillis: 0, onProblem: () => {} };
    const [one, two] = [0, 1].map(() => new LeaseKeeper(options)) as [LeaseKeeper, LeaseKeeper];
    await store.exchange(request("killed", { take: [0, 1, 2, 3], durationMillis: 700 }));
    const { signal } = new AbortController();
    await one.start({ waiting: signal });
    expect(one.leases).toHaveLength(4);
    await two.start({ waiting: signal });
    expect(two.leases).toHaveLength(2);
    expect(two.foreignCount).toBe(2);
    await Promise.all([one, two].map((keeper) => keeper.stop()));
  });

  it("of another worker is waited for no longer than it takes, and not when the run ends", async () => {
    const store = inProcessLeases({ shardCount: 1 });
    await store.exchange(request("other", { take: [0] }));
    const options = { store, durationMillis: 400, restMillis: 100, onProblem: () => {} };
    const [one, two] = [0, 1].map(() => new LeaseKeeper(options)) as [LeaseKeeper, LeaseKeeper];
    const startMillis = performance.now();
    await one.start({ waiting: new AbortController().signal });
    expect(performance.now() - startMillis).toBeGreaterThan(890);
    expect(one.foreignCount).toBe(1);
    const endedMillis = performance.now();
    await two.start({ waiting: AbortSignal.abort() });
    expect(performance.now() - endedMillis).toBeLessThan(100);
    await Promise.all([one, two].map((keeper) => keeper.stop()));
  });

  it("is waited for until it is renewed, or has ended", async () => {
    const held = { shard: 0, fence: 1, watermarkMillis: undefined };
    const lease = new Lease(held, after(momentNow(), 60_000));
    expect(await lease.isRenewedFor(30_000)).toBe(true);
    const renewed = lease.isRenewedFor(90_000);
    lease.extendTo(after(momentNow(), 120_000));
    expect(await renewed).toBe(true);
    const ended = lease.isRenewedFor(180_000);
    lease.end();
    expect(await ended).toBe(false);
    expect(await new Lease(held, after(momentNow(), 50)).isRenewedFor(100)).toBe(false);
  });

  it("that ended before it was renewed is another one, which begins where the store says", async () => {
    const store = inProcessLeases({ shardCount: 1 });
    let isDown = false;
    const keeper = new LeaseKeeper({
      store: {
        shardCount: 1,
        exchange: async (asked) => (isDown ? Promise.reject(new Error("down")) : store.exchange(asked)),
      },
      durationMillis: 300,
      restMillis: 0,
      onProblem: () => {},
    });
    await keeper.start();
    const first = keeper.leaseOf("any");
    isDown = true;
    await expect.poll(() => first?.lastsFor(0)).toBe(false);
    isDown = false;
    await expect.poll(() => keeper.leaseOf("any")).toBeDefined();
    expect(keeper.leaseOf("any")).not.toBe(first);
    await keeper.stop();
  });

  it("that is to be given away is given away, even if the other worker has gone", async () => {
    const { one, two, done } = await startSecondWorker();
    await expect.poll(() => one.leases.filter(({ isLeaving }) => isLeaving).length).toBe(1);
    const leaving = one.leases.find(({ isLeaving }) => isLeaving);
    await two.stop();
    await delay(400);
    expect(leaving?.isLeaving).toBe(true);
    for (const end of done) end();
    await expect.poll(() => one.leases.filter(({ isLeaving }) => !isLeaving).length).toBe(2);
    expect(one.leases).not.toContain(leaving);
    await one.stop();
  });

  it("is not made of what the store only did later of a request without an answer", async () => {
    const store = inProcessLeases({ shardCount: 2 });
    const lost: LeaseRequest[] = [];
    let isLosing = false;
    const keeper = new LeaseKeeper({
      store: {
        shardCount: 2,
        exchange: async (asked) => {
          if (!isLosing || asked.release.length === 0) return store.exchange(asked);
          lost.push(asked);
          throw new Error("no answer");
        },
      },
      durationMillis: 900,
      restMillis: 0,
      onProblem: () => {},
    });
    await keeper.start();
    isLosing = true;
    const other = request("other", { durationMillis: 5_000 });
    await store.exchange(other);
    await expect.poll(() => lost.length).toBe(1);
    const [released] = lost[0]?.release ?? [];
    // The next exchange is answered, and says that the shard is still this worker's.
    await delay(200);
    expect(keeper.leases.map(({ shard }) => shard)).not.toContain(released?.shard);
    await store.exchange({ ...(lost[0] as LeaseRequest), keep: [] });
    const taken = await store.exchange({ ...other, take: [released?.shard ?? -1] });
    expect(taken.shards[released?.shard ?? -1]?.owner).toBe("other");
    expect(keeper.leases.map(({ shard }) => shard)).not.toContain(released?.shard);
    await keeper.stop();
  });

  it("lasts no longer than the store says", async () => {
    const store = inProcessLeases({ shardCount: 1 });
    const hastyStore: LeaseStore = {
      shardCount: 1,
      exchange: async (asked) => {
        const { shards, workers } = await store.exchange(asked);
        return { workers, shards: shards.map((state) => ({ ...state, leftMillis: Math.min(state.leftMillis, 200) })) };
      },
    };
    const keeper = new LeaseKeeper({ store: hastyStore, durationMillis: 10_000, restMillis: 0, onProblem: () => {} });
    await keeper.start();
    expect(keeper.leaseOf("any")?.lastsFor(100)).toBe(true);
    expect(keeper.leaseOf("any")?.lastsFor(300)).toBe(false);
    await keeper.stop();
  });

  it("is for a shard that every worker finds for itself", () => {
    const shards = Array.from({ length: 4_000 }, (_, index) => shardOf(`trace:/a.b/${index}`, 4));
    for (const shard of [0, 1, 2, 3]) expect(shards.filter((found) => found === shard).length).toBeGreaterThan(850);
    expect(shardOf("trace:/main.agents/0af7651916cd43dd8448eb211c80319c", 16)).toBe(
      shardOf("trace:/main.agents/0af7651916cd43dd8448eb211c80319c", 16),
    );
  });
});
