import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { sendTraces, serveWorkspace, type ServedWorkspace } from "../../../test/support/monitored-workspace.ts";
import type { MonitorOptions, MonitorProblem } from "../src/index.ts";
import { settingsOf } from "../src/runner/monitor-options.ts";
import { MonitorState } from "../src/runner/monitor-state.ts";
import { ScorerGroups } from "../src/runner/scorer-groups.ts";
import type { ScheduledScorer } from "../src/runner/scheduled-scorer.ts";
import { TraceSource } from "../src/runner/trace-source.ts";

const location = "main.groups.agent";
let workspace: ServedWorkspace;
beforeAll(async () => {
  workspace = await serveWorkspace();
  await sendTraces(workspace.connection, location, [{ id: "1".repeat(32), startMillis: Date.now() }]);
});
afterAll(() => workspace.close());
afterEach(() => {
  vi.useRealTimers();
});

const scheduled = (name: string, filter?: string): ScheduledScorer => ({
  scorer: {
    name,
    record: { type: "code", name, isSessionLevel: false },
    score: async () => Promise.resolve({ type: "skipped", missing: [] }),
  },
  sampleRate: 1,
  filter,
});

const load = async (scorers: () => Promise<readonly ScheduledScorer[]>) => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const problems: MonitorProblem[] = [];
  const options: MonitorOptions = {
    connection: workspace.connection,
    location,
    scorers,
    onProblem: (problem) => problems.push(problem),
  };
  const state = new MonitorState(options, settingsOf(options));
  const groups = await ScorerGroups.load(options, { source: await TraceSource.open(options), state });
  const refresh = () => {
    vi.advanceTimersByTime(60_000);
    return groups.refresh(state);
  };
  const names = () => groups.ofTraces.flatMap(({ scorers: members }) => members.map(({ name }) => name));
  return { refresh, names, problems };
};

describe("the scorers of a run", () => {
  it("go on as they are while nobody can be asked for them", async () => {
    let isDown = false;
    const { refresh, names, problems } = await load(async () => {
      if (isDown) throw new Error("down");
      return Promise.resolve([scheduled("polite")]);
    });
    isDown = true;
    expect(await refresh()).toBe(false);
    expect(names()).toEqual(["polite"]);
    expect(problems).toHaveLength(1);
    isDown = false;
    expect(await refresh()).toBe(false);
    expect(problems).toHaveLength(1);
  });

  it("go on without those whose new filter is refused", async () => {
    let current = [scheduled("polite")];
    const { refresh, names, problems } = await load(async () => Promise.resolve(current));
    current = [scheduled("polite"), scheduled("short", "whatever"), scheduled("errors", "trace.status = 'ERROR'")];
    expect(await refresh()).toBe(true);
    expect(names().toSorted()).toEqual(["errors", "polite"]);
    expect(await refresh()).toBe(false);
    expect(names().toSorted()).toEqual(["errors", "polite"]);
    expect(problems).toHaveLength(1);
  });
});
