import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { logFeedback } from "@tracelake/workspace-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { MadeTrace } from "../../../test/support/monitored-workspace.ts";
import {
  inProcessLeases,
  runMonitor,
  safety,
  type Degradation,
  type LeaseStore,
  type MonitorOptions,
  type MonitorProblem,
} from "../src/index.ts";
import type { ScorerCore, ScoringInput, ScoringOutcome } from "../src/scorer.ts";
import { scriptedJudge } from "./scripted-judge.ts";
import { idOf, minutesAgo, monitoredPlace } from "./monitored-place.ts";

const place = monitoredPlace("monitor");

const traces = (count: number, more: Partial<MadeTrace> = {}): MadeTrace[] =>
  Array.from({ length: count }, (_, index) => ({ id: idOf(index + 1), startMillis: minutesAgo(5) + index, ...more }));

const scorer = (
  name: string,
  score: (input: ScoringInput) => ScoringOutcome | Promise<ScoringOutcome>,
  isSessionLevel = false,
): ScorerCore => ({
  name,
  record: { type: "code", name, isSessionLevel },
  score: async (input) => score(input),
});
const yes = (name: string, isSessionLevel = false): ScorerCore =>
  scorer(name, () => ({ type: "scored", feedbacks: [{ value: "yes", rationale: "It is." }] }), isSessionLevel);

const once = place.run;

const feedbackOf = async (number: number) => {
  const found = (await place.traces()).find(({ traceId }) => traceId.endsWith(idOf(number)));
  return found?.assessments ?? [];
};

describe("a run over what is there", () => {
  it("scores each trace once with each scorer, and finds nothing left the second time", async () => {
    await place.send(traces(30));
    expect(await once({ scorers: [yes("polite"), yes("short")] })).toMatchObject({ scored: 60, alreadyScored: 0 });
    expect(await once({ scorers: [yes("polite"), yes("short")] })).toMatchObject({ scored: 0, alreadyScored: 60 });
    for (const { assessments } of await place.traces()) {
      expect(assessments.map(({ name }) => name).sort()).toEqual(["polite", "short"]);
    }
    const [feedback] = await feedbackOf(1);
    expect(feedback).toMatchObject({
      kind: "feedback",
      value: "yes",
      rationale: "It is.",
      source: { type: "CODE" },
      metadata: { "tracelake.scorer": expect.any(String) as string, "tracelake.run_id": expect.any(String) as string },
    });
  });

  it("hands the scorer the trace with its spans", async () => {
    await place.send(traces(1, { inputs: { q: "why" }, outputs: "because" }));
    const seen: ScoringInput[] = [];
    await once({
      scorers: [scorer("look", (input) => (seen.push(input), { type: "scored", feedbacks: [{ value: 1 }] }))],
    });
    expect(seen[0]?.trace?.spans[0]).toMatchObject({ type: "AGENT", inputs: { q: "why" }, outputs: "because" });
    expect(seen[0]?.session).toBeUndefined();
  });

  it("writes a scorer's failure as its feedback, whether it says so or throws, and does not ask again", async () => {
    await place.send(traces(1));
    const scorers = [
      scorer("says", () => ({ type: "failed", error: { code: "NO_LUCK", message: "none" } })),
      scorer("throws", () => {
        throw new RangeError("too far");
      }),
    ];
    expect(await once({ scorers })).toMatchObject({ failed: 2, scored: 0 });
    const said = await feedbackOf(1);
    expect(said.find(({ name }) => name === "says")?.error).toEqual({ code: "NO_LUCK", message: "none" });
    expect(said.find(({ name }) => name === "throws")?.error).toEqual({ code: "RangeError", message: "too far" });
    expect(await once({ scorers })).toMatchObject({ failed: 0, alreadyScored: 2 });
  });

  it("leaves nothing behind where data is missing", async () => {
    await place.send(traces(3));
    const scorers = [scorer("grounded", () => ({ type: "skipped", missing: ["a span of type RETRIEVER"] }))];
    expect(await once({ scorers })).toMatchObject({ skipped: 3, scored: 0 });
    expect(await feedbackOf(1)).toEqual([]);
  });

  it("completes what a crash left half written, and writes nothing of it twice", async () => {
    await place.send(traces(1));
    const parts = scorer("retrieval", () => ({
      type: "scored",
      feedbacks: [
        { name: "retrieval/1", value: "yes" },
        { name: "retrieval/2", value: "no" },
      ],
    }));
    await logFeedback(place.connection, {
      traceId: `trace:/${place.location}/${idOf(1)}`,
      name: "retrieval/1",
      value: "yes",
      metadata: { "tracelake.scorer": "retrieval", "tracelake.part": "1/2" },
    });
    expect(await once({ scorers: [parts] })).toMatchObject({ scored: 1 });
    expect(await once({ scorers: [parts] })).toMatchObject({ alreadyScored: 1 });
    expect((await feedbackOf(1)).map(({ name }) => name)).toEqual(["retrieval/1", "retrieval/2"]);
  });

  it("takes another client's judgement of the same name as made, and a person's opinion not", async () => {
    await place.send(traces(2));
    const log = (number: number, type: "HUMAN" | "LLM_JUDGE") =>
      logFeedback(place.connection, {
        traceId: `trace:/${place.location}/${idOf(number)}`,
        name: "polite",
        value: "no",
        source: { type, id: "somebody" },
      });
    await log(1, "HUMAN");
    await log(2, "LLM_JUDGE");
    expect(await once({ scorers: [yes("polite")] })).toMatchObject({ scored: 1, alreadyScored: 1 });
    expect((await feedbackOf(1)).map(({ value }) => value)).toEqual(["no", "yes"]);
  });

  it("filters in the workspace, samples the rest, and leaves evaluations alone", async () => {
    await place.send([
      ...traces(40),
      { id: idOf(100), startMillis: minutesAgo(4), isError: true },
      { id: idOf(101), startMillis: minutesAgo(4), metadata: { "mlflow.sourceRun": "r-1" } },
    ]);
    const counts = await once({
      scorers: [
        { scorer: yes("errors"), sampleRate: 1, filter: "trace.status = 'ERROR'" },
        { scorer: yes("half"), sampleRate: 0.5 },
      ],
    });
    const scored = (await place.traces()).filter(({ assessments }) => assessments.length > 0);
    const half = scored.filter(({ assessments }) => assessments.some(({ name }) => name === "half")).length;
    expect(counts).toMatchObject({ scored: half + 1, filteredOut: 42, sampledOut: 41 - half, rejected: 0 });
    expect(half).toBeGreaterThan(5);
    expect(half).toBeLessThan(36);
    expect((await feedbackOf(100)).map(({ name }) => name)).toContain("errors");
    expect(await feedbackOf(101)).toEqual([]);
  });

  it("waits for traces that have not settled, and leaves those alone that have no root", async () => {
    await place.send([
      { id: idOf(1), startMillis: Date.now() - 10 },
      { id: idOf(2), startMillis: minutesAgo(5), parentSpanId: "00f067aa0ba902b7" },
    ]);
    const counts = await once({ scorers: [yes("polite")], settleMillis: 300 });
    expect(counts).toMatchObject({ scored: 1 });
    expect(await feedbackOf(2)).toEqual([]);
  });

  it("refuses settings that cannot be used, and a filter that the workspace cannot read", async () => {
    await place.send(traces(1));
    const scorers = [yes("polite")];
    const code = "CONFIG_OPTION_INVALID";
    await expect(runMonitor({ connection: place.connection, scorers })).rejects.toMatchObject({ code });
    await expect(once({ scorers, concurrency: 0 })).rejects.toMatchObject({ code });
    await expect(once({ scorers, leaseMillis: 10, writeTimeoutMillis: 10 })).rejects.toMatchObject({ code });
    await expect(once({ scorers, degradation: { threshold: 80 } })).rejects.toMatchObject({ code });
    await expect(once({ scorers: [yes("a"), yes("a")] })).rejects.toMatchObject({ code });
    await expect(once({ scorers: [{ scorer: yes("a"), sampleRate: 2 }] })).rejects.toMatchObject({ code });
    await expect(once({ scorers: [{ scorer: yes("a"), sampleRate: 1, filter: "whatever" }] })).rejects.toMatchObject({
      code: "WORKSPACE_REJECTED",
    });
  });
});

describe("a workspace that takes nothing", () => {
  // The requests that write are answered so; all others reach the workspace.
  const answerWrites = (status: number): { readonly writes: () => number } => {
    const send = globalThis.fetch;
    let writes = 0;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
      if (init?.method !== "POST" || !new Request(url).url.includes("/assessments")) return send(url, init);
      writes += 1;
      return Response.json({ error_code: "SOME_CODE", message: "No." }, { status });
    });
    return { writes: () => writes };
  };
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("since it is forbidden, is not asked for each trace, and no judge is", async () => {
    await place.send(traces(40));
    const { writes } = answerWrites(403);
    let calls = 0;
    const judged = scorer("polite", async () => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { type: "scored", feedbacks: [{ value: "yes" }] };
    });
    const problems: MonitorProblem[] = [];
    const options = {
      scorers: [judged],
      concurrency: 2,
      onProblem: (problem: MonitorProblem) => problems.push(problem),
    };
    expect(await once(options)).toMatchObject({ scored: 0, rejected: 0, postponed: 40, waiting: 0 });
    expect(writes()).toBeLessThan(10);
    expect(calls).toBeLessThan(40);
    expect(problems[0]?.message).toContain("may not be written");
    vi.restoreAllMocks();
    expect(await once({ scorers: [judged] })).toMatchObject({ scored: 40 });
  });

  it("and does not say so, is asked again ever more rarely", async () => {
    await place.send(traces(1));
    answerWrites(500);
    let calls = 0;
    const stopping = new AbortController();
    const judged = scorer("polite", () => {
      calls += 1;
      return { type: "scored", feedbacks: [{ value: "yes" }] };
    });
    setTimeout(() => stopping.abort(), 3_000);
    const options = { pollMillis: 10, writeTimeoutMillis: 100, signal: stopping.signal };
    expect(await once({ scorers: [judged], once: false, ...options })).toMatchObject({ scored: 0, waiting: 0 });
    // After 200, 400, 800 and 1,600 ms.
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThan(6);
  });
});

describe("a worker that ends", () => {
  const hourAgo = (): number => Date.now() - 3_600_000;
  // Far back, so that nobody finds them by looking back.
  const old = (count: number) => traces(count).map((trace, index) => ({ ...trace, startMillis: hourAgo() + index }));
  const far = { since: new Date(Date.now() - 7_200_000), lookbackMillis: 1_000 };
  const filtered = [{ scorer: yes("polite"), sampleRate: 1, filter: "trace.status = 'OK'" }];

  it("in the middle of a look leaves what it has not decided on to the next one", async () => {
    await place.send(old(10));
    const leases = inProcessLeases({ shardCount: 2 });
    const stopping = new AbortController();
    let requests = 0;
    // The third request asks which of the traces that were found fulfil the filter.
    const connection = {
      ...place.connection,
      authorization: async () => {
        if (++requests === 3) stopping.abort();
        return place.connection.authorization();
      },
    };
    expect(await once({ scorers: filtered, connection, leases, ...far, signal: stopping.signal })).toMatchObject({
      scored: 0,
    });
    expect(await once({ scorers: filtered, leases, ...far })).toMatchObject({ scored: 10 });
  });

  it("having given a shard away while it looked leaves that shard's traces to the next one", async () => {
    await place.send(old(40));
    const store = inProcessLeases({ shardCount: 2 });
    const other = { owner: "other", durationMillis: 60_000, keep: [], take: [], release: [], isLeaving: false };
    let requests = 0;
    let exchanges = 0;
    const leases: LeaseStore = {
      shardCount: 2,
      exchange: async (asked) => {
        exchanges += 1;
        return store.exchange(asked);
      },
    };
    const connection = {
      ...place.connection,
      authorization: async () => {
        // Between the beginning of the look and the traces that it finds, another worker asks for its share.
        if (++requests === 2) {
          await store.exchange(other);
          const [before] = [exchanges];
          await expect.poll(() => exchanges, { timeout: 5_000 }).toBeGreaterThan(before + 1);
        }
        return place.connection.authorization();
      },
    };
    const first = await once({
      scorers: filtered,
      connection,
      leases,
      leaseMillis: 900,
      writeTimeoutMillis: 400,
      ...far,
    });
    expect(first.scored).toBeLessThan(40);
    await store.exchange({ ...other, isLeaving: true });
    // What was just written to is not given back, but runs out.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const second = await once({ scorers: filtered, leases, ...far });
    expect(first.scored + second.scored).toBe(40);
  });

  it("waits for the renewal of a lease rather than to score again", async () => {
    await place.send(traces(1));
    const store = inProcessLeases();
    let hasScored = (): void => {};
    const scored = new Promise<void>((resolve) => {
      hasScored = resolve;
    });
    let exchanges = 0;
    const leases: LeaseStore = {
      shardCount: 1,
      exchange: async (asked) => {
        exchanges += 1;
        if (exchanges === 3) await scored;
        return store.exchange(asked);
      },
    };
    let calls = 0;
    const slow = scorer("slow", async () => {
      calls += 1;
      // The lease lasts, but no longer long enough for a write.
      await new Promise((resolve) => setTimeout(resolve, 2_400));
      setTimeout(hasScored, 50);
      return { type: "scored", feedbacks: [{ value: "yes" }] };
    });
    const counts = await once({ scorers: [slow], leases, leaseMillis: 4_500, writeTimeoutMillis: 2_200 });
    expect(counts).toMatchObject({ scored: 1, postponed: 0 });
    expect(calls).toBe(1);
  });
});

describe("sessions", () => {
  const session = (name: string, count: number, endedMinutesAgo: number, first = 1): MadeTrace[] =>
    Array.from({ length: count }, (_, index) => ({
      id: idOf(first + index),
      startMillis: minutesAgo(endedMinutesAgo + count - index),
      session: name,
    }));
  const length = scorer(
    "length",
    ({ session: conversation = [] }) => ({ type: "scored", feedbacks: [{ value: conversation.length }] }),
    true,
  );

  it("are scored on their first trace once they are quiet", async () => {
    await place.send([...session("calm", 3, 10), ...session("lively", 2, 1, 10)]);
    expect(await once({ scorers: [length] })).toMatchObject({ scored: 1, waiting: 1 });
    expect(await feedbackOf(1)).toMatchObject([
      {
        name: "length",
        value: 3,
        metadata: { session_id: "calm", "mlflow.assessment.onlineScoringSessionId": "calm" },
      },
    ]);
    expect(await once({ scorers: [length] })).toMatchObject({ scored: 0, alreadyScored: 1 });
  });

  it("that go on are judged anew, in the same assessment", async () => {
    await place.send(session("calm", 2, 20));
    await once({ scorers: [length] });
    await place.send(session("calm", 1, 8, 50));
    expect(await once({ scorers: [length] })).toMatchObject({ scored: 1 });
    expect(await feedbackOf(1)).toMatchObject([{ name: "length", value: 3 }]);
    expect(await feedbackOf(50)).toEqual([]);
  });
});

describe("a session that cannot be judged yet", () => {
  const length = scorer(
    "length",
    ({ session = [] }) => ({ type: "scored", feedbacks: [{ value: session.length }] }),
    true,
  );
  const turn = (number: number, minutes: number, more: Partial<MadeTrace> = {}): MadeTrace => ({
    id: idOf(number),
    startMillis: minutesAgo(minutes),
    session: "calm",
    ...more,
  });
  const open = { parentSpanId: "00f067aa0ba902b7", metadata: { "mlflow.trace.session": "calm" } };

  it("since a turn has not ended, waits for it, but not for ever", async () => {
    await place.send([turn(1, 30), turn(2, 20, open)]);
    expect(await once({ scorers: [length] })).toMatchObject({ scored: 0 });
    expect(await once({ scorers: [length], lookbackMillis: 600_000, since: new Date(0) })).toMatchObject({ scored: 1 });
    expect(await feedbackOf(1)).toMatchObject([{ value: 1 }]);
  });

  it("since its name cannot be searched for, is told of once", async () => {
    await place.send([turn(1, 20, { session: `it's "so"` })]);
    const problems: MonitorProblem[] = [];
    const counts = await once({ scorers: [length], onProblem: (problem) => problems.push(problem) });
    expect(counts).toMatchObject({ scored: 0, waiting: 0 });
    expect(problems).toHaveLength(1);
  });
});

describe("a run that watches", () => {
  const watch = async (
    options: Partial<MonitorOptions> & Pick<MonitorOptions, "scorers">,
    until: (scored: number) => boolean,
    meanwhile: () => Promise<void> = async () => {},
  ) => {
    const stopping = new AbortController();
    const running = runMonitor({
      connection: place.connection,
      location: place.location,
      settleMillis: 0,
      pollMillis: 20,
      signal: stopping.signal,
      onProgress: ({ scored }) => {
        if (until(scored)) stopping.abort();
      },
      ...options,
    });
    await meanwhile();
    return running;
  };

  it("scores traces as they come, those too that began long before others", async () => {
    await place.send(traces(5));
    let calls = 0;
    const stopping = new AbortController();
    const each = scorer("polite", async () => {
      calls += 1;
      if (calls === 5) await place.send([{ id: idOf(90), startMillis: Date.now() }]);
      if (calls === 6) await place.send([{ id: idOf(91), startMillis: minutesAgo(5.5) }]);
      if (calls === 7) setTimeout(() => stopping.abort(), 300);
      return { type: "scored", feedbacks: [{ value: "yes" }] };
    });
    const counts = await watch({ scorers: [each], signal: stopping.signal }, () => false);
    expect(counts.scored).toBe(7);
    expect(await feedbackOf(91)).toHaveLength(1);
  }, 30_000);

  it("goes on after a trace that cannot be scored and a listener that throws", async () => {
    await place.send(traces(20));
    const problems: MonitorProblem[] = [];
    const bad = scorer("moody", ({ trace }) => {
      if (trace?.info.traceId.endsWith("3") === true) throw new Error("bad day");
      return { type: "scored", feedbacks: [{ value: "yes" }] };
    });
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(), 1500);
    const counts = await watch(
      {
        scorers: [bad],
        signal: stopping.signal,
        onProblem: (problem) => problems.push(problem),
        onProgress: () => {
          throw new Error("a listener");
        },
      },
      () => false,
    );
    expect(counts).toMatchObject({ scored: 18, failed: 2 });
    expect(problems).toEqual([]);
  });

  it("tells once that quality has fallen", async () => {
    await place.send(traces(60));
    const found: Degradation[] = [];
    const no = scorer("safety", () => ({ type: "scored", feedbacks: [{ value: "no" }] }));
    await once({ scorers: [no], onDegradation: (degradation) => found.push(degradation) });
    expect(found).toMatchObject([{ scorer: "safety", passRate: 0, count: 20 }]);
  });

  it("keeps what the judge may not be asked for now, and writes nothing of it", async () => {
    await place.send(traces(4));
    const exhausted = new TracelakeError(ErrorCode.JUDGE_BUDGET_EXHAUSTED, { failed: "F", seen: "S", remedy: "R." });
    const judge = scriptedJudge(exhausted);
    expect(await once({ scorers: [safety()], judge })).toMatchObject({ failed: 0, scored: 0, postponed: 4 });
    expect(await feedbackOf(1)).toEqual([]);
  });

  it("shares the traces out among workers, each once", async () => {
    await place.send(traces(200));
    const leases = inProcessLeases({ shardCount: 8 });
    const scorers = [yes("polite")];
    const stopping = new AbortController();
    const total = { scored: 0 };
    const workers = [0, 1, 2].map(async () => {
      const counts = await watch(
        { scorers, leases, leaseMillis: 3_000, writeTimeoutMillis: 1_500, signal: stopping.signal },
        () => false,
      );
      total.scored += counts.scored;
    });
    const isDone = async () => (await place.traces()).every(({ assessments }) => assessments.length > 0);
    while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 50));
    stopping.abort();
    await Promise.all(workers);
    const found = await place.traces();
    expect(found.map(({ assessments }) => assessments.length)).toEqual(found.map(() => 1));
    expect(total.scored).toBe(200);
  }, 30_000);
});
