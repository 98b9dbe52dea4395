import {
  backfill,
  defineScorer,
  inProcessLeases,
  openRegistry,
  runMonitor,
  safety,
  type MonitorProblem,
} from "@tracelake/monitor";
import { setExperiment } from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  allTraces,
  sendTraces,
  serveWorkspace,
  type ServedWorkspace,
} from "../../../test/support/monitored-workspace.ts";
import { scriptedJudge, verdict } from "./scripted-judge.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const location = "main.backfill.agent";
const dayMillis = 86_400_000;

let workspace: ServedWorkspace;
let experimentId = "";
beforeAll(async () => {
  workspace = await serveWorkspace();
  const { connection } = workspace;
  const options = { name: "/Shared/backfill", traceLocation: location, sqlWarehouseId: "local" };
  experimentId = (await setExperiment(connection, options)).experiment_id;
});
afterAll(() => workspace.close());

const idOf = (daysAgo: number): string => daysAgo.toString(16).padStart(32, "0");
const daysAgo = (days: number): Date => new Date(Date.now() - days * dayMillis);

describe("a backfill", () => {
  it("scores the traces of its time, each once, also with a scorer that is stopped", async () => {
    const { connection } = workspace;
    await safety().register({ connection, experimentId });
    const made = [1, 2, 3, 4].map((days) => ({
      id: idOf(days),
      startMillis: daysAgo(days).getTime(),
      inputs: "Why?",
      outputs: "Because.",
    }));
    await sendTraces(connection, location, made);
    const judge = scriptedJudge(verdict("yes"));
    const options = { connection, experimentId, judge, settleMillis: 0, scorers: ["safety"] };
    const time = { startTime: daysAgo(3.5), endTime: daysAgo(1.5) };
    expect(await backfill({ ...options, ...time })).toMatchObject({ scored: 2, failed: 0 });
    const scored = (await allTraces(connection, location)).filter(({ assessments }) => assessments.length > 0);
    expect(scored.map(({ traceId }) => traceId.slice(-1)).toSorted()).toEqual(["2", "3"]);
    expect(await backfill({ ...options, ...time })).toMatchObject({ scored: 0, alreadyScored: 2 });
    expect(judge.asked).toHaveLength(2);
  });

  it("takes a filter that is empty for none, and shares the traces with whoever has its leases", async () => {
    const { connection } = workspace;
    await safety().register({ name: "unfiltered", connection, experimentId });
    const registry = await openRegistry({ connection, experimentId });
    await registry.setSampling("unfiltered", { sampleRate: 1, filter: " " });
    const store = inProcessLeases();
    const judge = scriptedJudge(verdict("yes"));
    const time = { startTime: daysAgo(3.5), endTime: daysAgo(1.5) };
    const options = {
      connection,
      experimentId,
      judge,
      settleMillis: 0,
      scorers: ["unfiltered"],
      leases: store,
      ...time,
    };
    const request = { owner: "monitor", durationMillis: 3_000, keep: [], release: [], isLeaving: false };
    await store.exchange({ ...request, take: [0] });
    // A monitor that goes on keeps its shard, and one that has ended does not.
    const mine = { shard: 0, fence: 1 };
    const renewing = setInterval(() => void store.exchange({ ...request, keep: [mine], take: [] }), 500);
    const problems: MonitorProblem[] = [];
    expect(await backfill({ ...options, onProblem: (problem) => problems.push(problem) })).toMatchObject({ scored: 0 });
    expect(problems.map(({ message }) => message)).toEqual([
      "Other workers have 1 of the 1 shards: their traces are not scored.",
    ]);
    clearInterval(renewing);
    expect(await backfill(options)).toMatchObject({ scored: 2 });
  });

  it("looks at all of its time, and leaves the monitor to begin where that was", async () => {
    const { connection } = workspace;
    await safety().register({ name: "leased", connection, experimentId });
    const hourMillis = 3_600_000;
    const leases = inProcessLeases();
    const watermark = { millis: Date.now() - 5 * hourMillis, shards: [0] };
    const request = { owner: "monitor", durationMillis: 60_000, keep: [], take: [], release: [], isLeaving: false };
    const mine = [{ shard: 0, fence: 1 }];
    await leases.exchange({ ...request, take: [0] });
    await leases.exchange({ ...request, keep: mine, watermark });
    await leases.exchange({ ...request, release: mine, isLeaving: true });
    const missed = { id: "f".repeat(32), startMillis: Date.now() - 4 * hourMillis };
    await sendTraces(connection, location, [missed]);
    const options = { connection, experimentId, judge: scriptedJudge(verdict("yes")), settleMillis: 0, leases };
    const time = { startTime: daysAgo(3.5), endTime: daysAgo(1.5) };
    expect(await backfill({ ...options, scorers: ["leased"], ...time })).toMatchObject({ scored: 2 });
    const scorers = [defineScorer("watching", () => "yes")];
    expect(await runMonitor({ connection, location, scorers, leases, once: true, settleMillis: 0 })).toMatchObject({
      scored: 1,
    });
  });

  it("names a scorer that is not there, and a time that is none", async () => {
    const { connection } = workspace;
    const options = { connection, experimentId, startTime: daysAgo(1) };
    await expect(backfill({ ...options, scorers: ["lost"] })).rejects.toMatchObject({
      code: "WORKSPACE_NOT_FOUND",
      message: expect.stringContaining('Registered are "safety"') as string,
    });
    await expect(backfill({ ...options, endTime: daysAgo(2) })).rejects.toMatchObject({
      code: "CONFIG_OPTION_INVALID",
    });
  });
});
