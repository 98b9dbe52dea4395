import { statementExecution } from "@tracelake/workspace-client";
import { describe, expect, it, vi } from "vitest";
import type { MadeTrace } from "../../../test/support/monitored-workspace.ts";
import { defineScorer, inProcessLeases, sqlLeases, type LeaseStore, type MonitorOptions } from "../src/index.ts";
import type { ScorerCore } from "../src/scorer.ts";
import { idOf, minutesAgo, monitoredPlace } from "./monitored-place.ts";

vi.setConfig({ testTimeout: 60_000 });

const place = monitoredPlace("shared");

const send = (traces: readonly MadeTrace[]) => place.send(traces);
const traces = (first: number, count: number): MadeTrace[] =>
  Array.from({ length: count }, (_, index) => ({
    id: idOf(first + index),
    startMillis: minutesAgo(5) + first + index,
  }));

const table = (): LeaseStore => {
  const sql = statementExecution(place.connection, { sqlWarehouseId: "local" });
  return sqlLeases(sql, { table: `${place.schema}.leases`, shardCount: 4 });
};
const polite = defineScorer("polite", () => "yes");
const once = (leases: LeaseStore, more: Partial<MonitorOptions> = {}) =>
  place.run({ scorers: [polite], writeTimeoutMillis: 500, leases, ...more });
const judgements = async (): Promise<number[]> => (await place.traces()).map(({ assessments }) => assessments.length);

describe("a run over what is there, with a table of leases", () => {
  it("scores at once what is new, where another one has just ended", async () => {
    // Longer than a test may take: whoever waits for the leases of the first run fails.
    const leaseMillis = 120_000;
    await send(traces(1, 20));
    expect(await once(table(), { leaseMillis })).toMatchObject({ scored: 20 });
    await send(traces(100, 20));
    expect(await once(table(), { leaseMillis })).toMatchObject({ scored: 20 });
  });

  it("waits for the shards of a worker that was killed", async () => {
    await send(traces(1, 20));
    const killed = { owner: "killed", durationMillis: 3_000, keep: [], release: [], isLeaving: false };
    await table().exchange({ ...killed, take: [0, 1, 2, 3] });
    expect(await once(table())).toMatchObject({ scored: 20 });
  });

  it("takes its part beside a worker that goes on, and every trace is judged once", async () => {
    await send(traces(1, 20));
    const stopping = new AbortController();
    const times = { leaseMillis: 6_000, writeTimeoutMillis: 500 };
    const watching = once(table(), { once: false, pollMillis: 100, signal: stopping.signal, ...times });
    const isJudged = async (): Promise<boolean> => (await judgements()).every((count) => count === 1);
    await expect.poll(isJudged, { timeout: 20_000 }).toBe(true);
    await send(traces(100, 20));
    const problems: string[] = [];
    await once(table(), { ...times, onProblem: ({ message }) => problems.push(message) });
    expect(problems).toContain("Other workers have 2 of the 4 shards: their traces are left to them.");
    await expect.poll(isJudged, { timeout: 20_000 }).toBe(true);
    stopping.abort();
    await watching;
    expect(await judgements()).toHaveLength(40);
  });
});

describe("how far a worker was, as the store learns it", () => {
  const length: ScorerCore = {
    name: "length",
    record: { type: "code", name: "length", isSessionLevel: true },
    score: async ({ session = [] }) => Promise.resolve({ type: "scored", feedbacks: [{ value: session.length }] }),
  };

  it("is never beyond the newest trace of a session that goes on, which the next worker finds", async () => {
    const store = inProcessLeases();
    const told: number[] = [];
    const leases: LeaseStore = {
      shardCount: store.shardCount,
      exchange: async (asked) => {
        if (asked.watermark !== undefined && asked.watermark.shards.length > 0) told.push(asked.watermark.millis);
        return store.exchange(asked);
      },
    };
    const newestMillis = Math.floor(minutesAgo(2));
    await send([
      { id: idOf(1), startMillis: newestMillis - 60_000, session: "lively" },
      { id: idOf(2), startMillis: newestMillis, session: "lively" },
      ...traces(10, 3),
    ]);
    const stopping = new AbortController();
    const options = { scorers: [length], lookbackMillis: 1_000, since: new Date(minutesAgo(30)), leaseMillis: 1_200 };
    const watching = once(leases, { ...options, once: false, pollMillis: 50, signal: stopping.signal });
    await expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(2);
    stopping.abort();
    expect(await watching).toMatchObject({ scored: 0, waiting: 1 });
    for (const millis of told) expect(millis).toBeLessThanOrEqual(newestMillis);
    const next = { scorers: [length], lookbackMillis: 1_000, sessionQuietMillis: 60_000 };
    expect(await once(leases, next)).toMatchObject({ scored: 1 });
  });
});
