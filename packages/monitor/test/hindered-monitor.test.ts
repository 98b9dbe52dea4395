import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  allTraces,
  sendTraces,
  serveWorkspace,
  type MadeTrace,
  type ServedWorkspace,
} from "../../../test/support/monitored-workspace.ts";
import { defineScorer, runMonitor, type MonitorOptions, type MonitorProblem } from "../src/index.ts";
import type { ScorerCore } from "../src/scorer.ts";

let workspace: ServedWorkspace;
let location = "";
let places = 0;

beforeAll(async () => {
  workspace = await serveWorkspace();
});
afterAll(() => workspace.close());
beforeEach(() => {
  location = `main.hindered${++places}.agent`;
});
afterEach(() => {
  vi.restoreAllMocks();
});

const idOf = (number: number): string => number.toString(16).padStart(32, "0");
const minutesAgo = (minutes: number): number => Date.now() - minutes * 60_000;
const traces = (count: number): MadeTrace[] =>
  Array.from({ length: count }, (_, index) => ({ id: idOf(index + 1), startMillis: minutesAgo(5) + index }));
const yes = (name: string) => defineScorer(name, () => "yes");

const once = (options: Partial<MonitorOptions> & Pick<MonitorOptions, "scorers">) =>
  runMonitor({ connection: workspace.connection, location, once: true, settleMillis: 0, ...options });

describe("a run that is hindered", () => {
  it("scores traces whose root span says nothing of success, as OpenTelemetry leaves it", async () => {
    await sendTraces(workspace.connection, location, traces(1));
    const fetchAsIs = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      const answer = await fetchAsIs(url, init);
      return new Response((await answer.text()).replaceAll('"state":"OK"', '"state":"STATE_UNSPECIFIED"'), answer);
    });
    const states = (await allTraces(workspace.connection, location)).map(({ state }) => state);
    const counts = await once({ scorers: [yes("polite")] });
    expect(states).toEqual(["STATE_UNSPECIFIED"]);
    expect(counts).toMatchObject({ scored: 1, waiting: 0 });
  });

  it("rejects what says nothing, and writes the rest of what goes together with it", async () => {
    await sendTraces(workspace.connection, location, traces(5));
    const empty: ScorerCore = {
      name: "empty",
      record: { type: "code", name: "empty", isSessionLevel: false },
      score: async () => Promise.resolve({ type: "scored", feedbacks: [{}] }),
    };
    const problems: MonitorProblem[] = [];
    const counts = await once({ scorers: [empty, yes("polite")], onProblem: (problem) => problems.push(problem) });
    expect(counts).toMatchObject({ scored: 5, rejected: 5, postponed: 0, waiting: 0 });
    expect(problems[0]).toMatchObject({ scorer: "empty", message: expect.stringContaining("was refused") as string });
  });

  it("by a filter that cannot be answered for now lets the scorers without it go on, and its own ones look later", async () => {
    await sendTraces(workspace.connection, location, [
      ...traces(3),
      { id: idOf(50), startMillis: minutesAgo(4), isError: true },
    ]);
    const scorers = [
      { scorer: yes("all"), sampleRate: 1 },
      { scorer: yes("errors"), sampleRate: 1, filter: "trace.status = 'ERROR'" },
    ];
    const fetchAsIs = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      const asked = init?.body instanceof Uint8Array ? Buffer.from(init.body).toString() : "";
      // At the start each filter is tried over the first millisecond.
      const isRefused = asked.includes("trace.status = 'ERROR'") && !asked.includes("timestamp_ms >= 0 ");
      if (!isRefused) return fetchAsIs(url, init);
      return Response.json({ error_code: "SOME_CODE", message: "No." }, { status: 400 });
    });
    const problems: MonitorProblem[] = [];
    const options = { scorers, onProblem: (problem: MonitorProblem) => problems.push(problem) };
    expect(await once(options)).toMatchObject({ scored: 4, filteredOut: 0, waiting: 4 });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^Scorers wait.*status = 'ERROR'/)]);
    vi.restoreAllMocks();
    expect(await once({ scorers })).toMatchObject({ scored: 1, alreadyScored: 4, filteredOut: 3, waiting: 0 });
    const error = (await allTraces(workspace.connection, location)).find(({ traceId }) => traceId.endsWith(idOf(50)));
    expect(error?.assessments.map(({ name }) => name).toSorted()).toEqual(["all", "errors"]);
  });
});
