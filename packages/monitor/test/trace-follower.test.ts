import { afterAll, beforeAll, expect, it } from "vitest";
import {
  allTraces,
  sendTraces,
  serveWorkspace,
  type ServedWorkspace,
} from "../../../test/support/monitored-workspace.ts";
import { inProcessLeases, type MonitorOptions } from "../src/index.ts";
import { LeaseKeeper } from "../src/leases/lease-keeper.ts";
import { settingsOf } from "../src/runner/monitor-options.ts";
import { MonitorState } from "../src/runner/monitor-state.ts";
import { ScoringPool } from "../src/runner/scoring-pool.ts";
import { filterGroups } from "../src/runner/selection.ts";
import { walkTraces } from "../src/runner/time-slices.ts";
import { TraceFollower } from "../src/runner/trace-follower.ts";
import { TraceSource } from "../src/runner/trace-source.ts";
import type { ScorerCore } from "../src/scorer.ts";

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

it("a trace that is being scored when other scorers come is looked at by those, too", async () => {
  const startMillis = Date.now() - 60_000;
  await sendTraces(workspace.connection, location, [{ id: "1".repeat(32), startMillis }]);
  const options: MonitorOptions = { connection: workspace.connection, location, settleMillis: 0 };
  const state = new MonitorState(options, settingsOf(options));
  const source = await TraceSource.open(options);
  const store = inProcessLeases();
  const keeper = new LeaseKeeper({ store, durationMillis: 60_000, restMillis: 0, onProblem: () => {} });
  await keeper.start();
  const follower = new TraceFollower({ state, source, keeper, pool: new ScoringPool(state, { waits: false }) });
  const look = async (scorers: readonly ScorerCore[]) => {
    const groups = filterGroups(scorers.map((each) => ({ scorer: each, sampleRate: 1 })));
    const pages = walkTraces(source, { fromMillis: startMillis, nowMillis: Date.now() });
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
  const [trace] = await allTraces(workspace.connection, location);
  expect(trace?.assessments.map(({ name }) => name).toSorted()).toEqual(["new", "slow"]);
  await follower.close();
  await keeper.stop();
});
