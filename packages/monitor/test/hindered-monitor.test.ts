import { afterEach, describe, expect, it, vi } from "vitest";
import type { MadeTrace } from "../../../test/support/monitored-workspace.ts";
import { defineScorer, type MonitorProblem } from "../src/index.ts";
import type { ScorerCore } from "../src/scorer.ts";
import { idOf, minutesAgo, monitoredPlace } from "./monitored-place.ts";

const place = monitoredPlace("hindered");
afterEach(() => {
  vi.restoreAllMocks();
});

const traces = (count: number): MadeTrace[] =>
  Array.from({ length: count }, (_, index) => ({ id: idOf(index + 1), startMillis: minutesAgo(5) + index }));
const yes = (name: string) => defineScorer(name, () => "yes");

const once = place.run;

describe("a run that is hindered", () => {
  it("scores traces whose root span says nothing of success, as OpenTelemetry leaves it", async () => {
    await place.send(traces(1));
    const fetchAsIs = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      const answer = await fetchAsIs(url, init);
      return new Response((await answer.text()).replaceAll('"state":"OK"', '"state":"STATE_UNSPECIFIED"'), answer);
    });
    const states = (await place.traces()).map(({ state }) => state);
    const counts = await once({ scorers: [yes("polite")] });
    expect(states).toEqual(["STATE_UNSPECIFIED"]);
    expect(counts).toMatchObject({ scored: 1, waiting: 0 });
  });

  it("rejects what says nothing, and writes the rest of what goes together with it", async () => {
    await place.send(traces(5));
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
    await place.send([...traces(3), { id: idOf(50), startMillis: minutesAgo(4), isError: true }]);
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
    expect(await once(options)).toMatchObject({ scored: 4, filteredOut: 0, postponed: 4, waiting: 0 });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(/^Scorers wait.*status = 'ERROR'/)]);
    vi.restoreAllMocks();
    expect(await once({ scorers })).toMatchObject({ scored: 1, alreadyScored: 4, filteredOut: 3, waiting: 0 });
    const error = (await place.traces()).find(({ traceId }) => traceId.endsWith(idOf(50)));
    expect(error?.assessments.map(({ name }) => name).toSorted()).toEqual(["all", "errors"]);
  });

  it("by a trace that cannot be read puts that one off, and says so", async () => {
    await place.send(traces(5));
    const fetchAsIs = globalThis.fetch;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      const asked = new Request(url).url;
      const isTooLarge = asked.includes("batchGet") && asked.includes(idOf(3));
      return isTooLarge ? new Response("{") : fetchAsIs(url, init);
    });
    const problems: MonitorProblem[] = [];
    const options = { scorers: [yes("polite"), yes("calm")], onProblem: (each: MonitorProblem) => problems.push(each) };
    expect(await once(options)).toMatchObject({ scored: 8, postponed: 2, waiting: 0 });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining("A trace cannot be read")]);
  });
});
