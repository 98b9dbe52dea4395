import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  sendTraces,
  serveWorkspace,
  allTraces,
  type ServedWorkspace,
} from "../../../test/support/monitored-workspace.ts";
import type { MonitorOptions, MonitorProblem, ScorerCore } from "../src/index.ts";
import { Lease } from "../src/leases/lease.ts";
import { after, momentNow } from "../src/leases/moment.ts";
import { settingsOf } from "../src/runner/monitor-options.ts";
import { MonitorState } from "../src/runner/monitor-state.ts";
import { ScoringPool } from "../src/runner/scoring-pool.ts";
import type { ScoringEnd } from "../src/runner/scoring.ts";

const location = "main.pool.agent";
const id = "1".repeat(32);
let workspace: ServedWorkspace;
beforeAll(async () => {
  workspace = await serveWorkspace();
  await sendTraces(workspace.connection, location, [{ id, startMillis: Date.now() - 60_000 }]);
});
afterAll(() => workspace.close());

const scorer = (name: string, score: ScorerCore["score"]): ScorerCore => ({
  name,
  record: { type: "code", name, isSessionLevel: false },
  score,
});

const poolOf = (more: Partial<MonitorOptions> = {}) => {
  const options: MonitorOptions = { connection: workspace.connection, location, ...more };
  const state = new MonitorState(options, settingsOf(options));
  const lease = new Lease({ shard: 0, fence: 1, watermarkMillis: undefined }, after(momentNow(), 60_000));
  return { state, lease, pool: new ScoringPool(state, { waits: true }) };
};

describe("the pool of scorings", () => {
  it("holds back whoever adds more while there are enough", async () => {
    const { pool, lease, state } = poolOf({ concurrency: 2 });
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = 0;
    const slow = scorer("slow", async () => {
      begun += 1;
      await released;
      return { type: "skipped", missing: [] };
    });
    let added = 0;
    const adding = (async () => {
      for (let index = 0; index < 1_000; index += 1) {
        await pool.add([{ scorer: slow, input: {}, traceId: "t", assessments: [], lease }], () => {});
        added += 1;
      }
    })();
    await expect.poll(() => added).toBe(256);
    expect(begun).toBe(2);
    release();
    await adding;
    await pool.idle();
    expect(state.counts.skipped).toBe(1_000);
  });

  it("writes of a scorer that returns nothing that this is so", async () => {
    const { pool, lease } = poolOf();
    const ends: ScoringEnd[] = [];
    const traceId = `trace:/${location}/${id}`;
    const odd = scorer("odd", async () => Promise.resolve(undefined as never));
    await pool.add([{ scorer: odd, input: {}, traceId, assessments: [], lease }], (end) => ends.push(end));
    await pool.idle();
    expect(ends).toEqual(["done"]);
    const [trace] = await allTraces(workspace.connection, location);
    expect(trace?.assessments).toMatchObject([{ name: "odd", error: { code: "SCORER_RESULT_INVALID" } }]);
  });

  it("goes on after a judgement that cannot be made into a request", async () => {
    const problems: MonitorProblem[] = [];
    const { pool, lease } = poolOf({ onProblem: (problem) => problems.push(problem) });
    const ends: ScoringEnd[] = [];
    const yes = scorer("polite", async () => Promise.resolve({ type: "scored", feedbacks: [{ value: "yes" }] }));
    const add = (traceId: string) =>
      pool.add([{ scorer: yes, input: {}, traceId, assessments: [], lease }], (end) => ends.push(end));
    await add("trace:/nowhere");
    await add(`trace:/${location}/${id}`);
    await pool.idle();
    expect(ends).toEqual(["done", "done"]);
    expect(problems).toMatchObject([{ scorer: "polite", traceId: "trace:/nowhere" }]);
  });
});
