import { afterAll, beforeAll, expect, it, vi } from "vitest";
import {
  allTraces,
  sendTraces,
  serveWorkspace,
  type ServedWorkspace,
} from "../../../test/support/monitored-workspace.ts";
import { inProcessLeases, type MonitorOptions, type MonitorProblem } from "../src/index.ts";
import { LeaseKeeper } from "../src/leases/lease-keeper.ts";
import { settingsOf } from "../src/runner/monitor-options.ts";
import { MonitorState } from "../src/runner/monitor-state.ts";
import { ScoringPool } from "../src/runner/scoring-pool.ts";
import { filterGroups } from "../src/runner/selection.ts";
import { walkTraces } from "../src/runner/time-slices.ts";
import { TraceFollower } from "../src/runner/trace-follower.ts";
import { TraceSource } from "../src/runner/trace-source.ts";
import type { ScorerCore } from "../src/scorer.ts";
import { makeTrace } from "./make-trace.ts";

const location = "main.follower.agent";
let workspace: ServedWorkspace;
beforeAll(async () => {
  workspace = await serveWorkspace();
});
afterAll(() => workspace.close());

const scorer = (name: string, until: Promise<void> = Promise.resolve()): ScorerCore => ({
  name,
  record: { type: "code", name, isSessionLevel: false },
  score: async () => {
    await until;
    return { type: "scored", feedbacks: [{ value: "yes" }] };
  },
});

/** A follower with what it works with; `close` ends it. */
const follow = async (more: Partial<MonitorOptions> = {}) => {
  const options: MonitorOptions = { connection: workspace.connection, location, settleMillis: 0, ...more };
  const state = new MonitorState(options, settingsOf(options));
  const source = await TraceSource.open(options);
  const store = inProcessLeases();
  const keeper = new LeaseKeeper({ store, durationMillis: 36_000_000, restMillis: 0, onProblem: () => {} });
  await keeper.start();
  const follower = new TraceFollower({ state, source, keeper, pool: new ScoringPool(state, { waits: false }) });
  const close = async (): Promise<void> => {
    await follower.close();
    await keeper.stop();
  };
  return { follower, source, state, close };
};

it("a trace that is being scored when other scorers come is looked at by those, too", async () => {
  const startMillis = Date.now() - 60_000;
  await sendTraces(workspace.connection, location, [{ id: "1".repeat(32), startMillis }]);
  const { follower, source, close } = await follow();
  const look = async (scorers: readonly ScorerCore[]) => {
    const groups = filterGroups(scorers.map((each) => ({ scorer: each, sampleRate: 1 })));
    const pages = walkTraces(source, { fromMillis: startMillis, toMillis: undefined });
    for await (const page of pages) await follower.see(page, groups);
  };
  let end = (): void => {};
  const slow = scorer(
    "slow",
    new Promise((resolve) => {
      end = resolve;
    }),
  );
  await look([slow]);
  follower.forget();
  end();
  await follower.idle();
  await look([slow, scorer("new")]);
  await follower.idle();
  const trace = (await allTraces(workspace.connection, location)).find(({ traceId }) => traceId.endsWith("1"));
  expect(trace?.assessments.map(({ name }) => name).toSorted()).toEqual(["new", "slow"]);
  await close();
});

it("a trace that a page lists twice is scored once", async () => {
  const startMillis = Date.now() - 30_000;
  await sendTraces(workspace.connection, location, [{ id: "2".repeat(32), startMillis }]);
  const { follower, state, close } = await follow();
  const found = await allTraces(workspace.connection, location);
  const summaries = found.filter(({ traceId }) => traceId.endsWith("2"));
  const slice = { fromMillis: startMillis, toMillis: startMillis + 1 };
  const groups = filterGroups([{ scorer: scorer("twice"), sampleRate: 1 }]);
  await follower.see({ summaries: [...summaries, ...summaries], slice }, groups);
  await follower.idle();
  expect(state.counts).toMatchObject({ scored: 1, alreadyScored: 0 });
  await close();
});

it("a trace whose spans come later than what is known of it is scored with them", async () => {
  const startMillis = Date.now() - 30_000;
  await sendTraces(workspace.connection, location, [{ id: "3".repeat(32), startMillis }]);
  const { follower, source, state, close } = await follow({ writeTimeoutMillis: 500 });
  const read = source.read.bind(source);
  vi.spyOn(source, "read").mockImplementationOnce(async (ids, onUnreadable) => {
    const traces = [...(await read(ids, onUnreadable)).values()];
    return new Map(traces.map(({ info }) => [info.traceId, { info, spans: [] }]));
  });
  const found = await allTraces(workspace.connection, location);
  const summaries = found.filter(({ traceId }) => traceId.endsWith("3"));
  const page = { summaries, slice: { fromMillis: startMillis, toMillis: startMillis + 1 } };
  const groups = filterGroups([{ scorer: scorer("patient"), sampleRate: 1 }]);
  await follower.see(page, groups);
  await follower.idle();
  expect(state.counts).toMatchObject({ scored: 0, skipped: 0 });
  expect(follower.waiting.size).toBe(1);
  await expect
    .poll(
      async () => {
        await follower.see(page, groups);
        await follower.idle();
        return state.counts.scored;
      },
      { timeout: 10_000 },
    )
    .toBe(1);
  await close();
});

it("a trace that never ended is given up when no look reaches it any more, which is told", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const problems: MonitorProblem[] = [];
  const { follower, state, close } = await follow({ onProblem: (problem) => problems.push(problem) });
  const summary = { ...makeTrace({ requestTime: new Date() }).info, state: "IN_PROGRESS", durationMillis: undefined };
  await follower.see({ summaries: [summary], slice: { fromMillis: 0, toMillis: undefined } }, []);
  vi.advanceTimersByTime(59 * 60_000);
  follower.giveUpOld();
  expect(state.counts.gaveUp).toBe(0);
  vi.advanceTimersByTime(2 * 60_000);
  follower.giveUpOld();
  follower.giveUpOld();
  expect(state.counts.gaveUp).toBe(1);
  expect(problems).toMatchObject([{ traceId: summary.traceId }]);
  vi.useRealTimers();
  await close();
});
