import { ErrorCode, TracelakeError } from "@tracelake/wire";
import type { Trace, TraceSummary } from "@tracelake/workspace-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  inProcessLeases,
  type LeaseStore,
  type MonitorOptions,
  type MonitorProblem,
  type ScorerCore,
} from "../src/index.ts";
import { LeaseKeeper, shardOf } from "../src/leases/lease-keeper.ts";
import { settingsOf } from "../src/runner/monitor-options.ts";
import { MonitorState } from "../src/runner/monitor-state.ts";
import { ScoringPool } from "../src/runner/scoring-pool.ts";
import { filterGroups } from "../src/runner/selection.ts";
import { SessionFollower } from "../src/runner/session-follower.ts";
import { TraceSource } from "../src/runner/trace-source.ts";
import { judgementsOf, length, turn, turns } from "./made-sessions.ts";
import { idOf, minutesAgo, monitoredPlace } from "./monitored-place.ts";
import { scriptedJudge } from "./scripted-judge.ts";

const place = monitoredPlace("sessions");

const once = place.run;

const judgements = () => judgementsOf(place);

/** A follower alone, which sees what it is shown. */
const follow = async ({
  store = inProcessLeases(),
  ...more
}: Partial<MonitorOptions> & { store?: LeaseStore } = {}) => {
  const { connection, location } = place;
  const options: MonitorOptions = { connection, location, settleMillis: 0, ...more };
  const state = new MonitorState(options, settingsOf(options));
  const source = await TraceSource.open(options);
  const keeper = new LeaseKeeper({ store, durationMillis: 36_000_000, restMillis: 0, onProblem: () => {} });
  await keeper.start();
  const follower = new SessionFollower({ state, source, keeper, pool: new ScoringPool(state, { waits: false }) });
  return {
    follower,
    state,
    source,
    scoreQuiet: async (...scorers: readonly ScorerCore[]) => {
      await follower.scoreQuiet(filterGroups(scorers.map((scorer) => ({ scorer, sampleRate: 1 }))));
      await follower.idle();
    },
    close: () => keeper.stop(),
  };
};

const summary = (session: string, startMillis: number): TraceSummary => ({
  traceId: `trace:/${place.location}/${session}`,
  location: place.location,
  experimentId: undefined,
  clientRequestId: undefined,
  state: "OK",
  requestTime: new Date(startMillis),
  durationMillis: 10,
  requestPreview: undefined,
  responsePreview: undefined,
  metadata: {},
  tags: {},
  session,
  user: undefined,
  tokenUsage: undefined,
  assessments: [],
});

/** Something that is waited for, and what ends the waiting. */
const gate = () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
};

describe("a session that is being scored", () => {
  it("when other scorers come is looked at by those, too, and by the earlier ones not again", async () => {
    await place.send([turn(1, 20), turn(2, 19)]);
    const { follower, scoreQuiet, close } = await follow();
    const scored = gate();
    let calls = 0;
    const slow = length("slow", async () => {
      calls += 1;
      await scored.opened;
    });
    const all = await place.traces();
    follower.see(all);
    const scoring = scoreQuiet(slow);
    await expect.poll(() => calls, { timeout: 20_000 }).toBe(1);
    follower.forget();
    scored.open();
    await scoring;
    expect(follower.size).toBe(1);
    await scoreQuiet(slow, length("new"));
    expect(follower.size).toBe(0);
    expect(calls).toBe(1);
    expect(await judgements()).toMatchObject([
      { number: 1, name: "slow", value: 2 },
      { number: 1, name: "new", value: 2 },
    ]);
    await close();
  });
});

const noBudget = new TracelakeError(ErrorCode.JUDGE_BUDGET_EXHAUSTED, {
  failed: "The judge was not asked",
  seen: "no budget",
  remedy: "Wait.",
});

/** Says how many turns it was shown, if the judge answers. */
const asking: ScorerCore = {
  ...length("asking"),
  score: async ({ session = [] }, { judge }) => {
    try {
      await judge.ask({ model: "openai:/scripted", messages: [], schema: {} });
      return { type: "scored", feedbacks: [{ value: session.length }] };
    } catch {
      return { type: "failed", error: { code: "NO_JUDGE", message: "It was asked in vain." } };
    }
  },
};

describe("a session that cannot be scored for now", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it("is read again ever more rarely, and given up after an hour, which is told", async () => {
    await place.send(turns(2, 20));
    const judge = scriptedJudge(noBudget);
    const problems: MonitorProblem[] = [];
    const { follower, source, state, scoreQuiet, close } = await follow({
      judge,
      onProblem: (problem) => problems.push(problem),
    });
    const reads = vi.spyOn(source, "read");
    const all = await place.traces();
    follower.see(all);
    await scoreQuiet(asking);
    for (const seconds of [40, 80, 160, 320, 640, 1_280]) {
      const times = judge.asked.length;
      vi.advanceTimersByTime(seconds * 1_000 - 1);
      follower.see(all);
      await scoreQuiet(asking);
      expect(judge.asked).toHaveLength(times);
      vi.advanceTimersByTime(1);
      await scoreQuiet(asking);
      expect(judge.asked).toHaveLength(times + 1);
    }
    expect(reads).toHaveBeenCalledTimes(7);
    expect(state.counts).toMatchObject({ postponed: 7, gaveUp: 0 });
    expect(follower.oldestOpenMillis()).toBeDefined();
    vi.advanceTimersByTime(3_600_000 - 2_520_000);
    await scoreQuiet(asking);
    expect(state.counts).toMatchObject({ postponed: 8, gaveUp: 1 });
    expect(problems.at(-1)?.message).toMatch(/^A session was given up.*calm/);
    follower.see(all);
    expect(follower.oldestOpenMillis()).toBeUndefined();
    await close();
  });

  it("is scored at once when it has gone on", async () => {
    await place.send(turns(2, 20));
    const judge = scriptedJudge(noBudget, noBudget, noBudget, "yes");
    const { follower, scoreQuiet, close } = await follow({ judge });
    follower.see(await place.traces());
    for (const seconds of [0, 40, 80]) {
      vi.advanceTimersByTime(seconds * 1_000);
      await scoreQuiet(asking);
    }
    expect([follower.size, follower.incompleteCount]).toEqual([1, 0]);
    await place.send(turns(1, 10, 3));
    follower.see(await place.traces());
    expect(follower.incompleteCount).toBe(1);
    vi.advanceTimersByTime(8_000);
    await scoreQuiet(asking);
    expect(await judgements()).toMatchObject([{ value: 3 }]);
    await close();
  });

  it.each([
    ["a trace", () => undefined],
    ["a root span", (trace: Trace) => ({ ...trace, spans: [] })],
  ])("since %s has not come, waits for it", async (_, shown) => {
    await place.send(turns(3, 20));
    const { follower, source, state, scoreQuiet, close } = await follow();
    const read = source.read.bind(source);
    vi.spyOn(source, "read").mockImplementationOnce(async (ids, onUnreadable) => {
      const traces = new Map(await read(ids, onUnreadable));
      const [, second = ""] = ids;
      const trace = traces.get(second);
      const late = trace === undefined ? undefined : shown(trace);
      if (late === undefined) traces.delete(second);
      else traces.set(second, late);
      return traces;
    });
    follower.see(await place.traces());
    await scoreQuiet(length());
    expect(state.counts).toMatchObject({ scored: 0, skipped: 0, postponed: 0 });
    expect([follower.size, follower.incompleteCount]).toEqual([1, 1]);
    vi.advanceTimersByTime(40_000);
    await scoreQuiet(length());
    expect(await judgements()).toMatchObject([{ value: 3 }]);
    expect(follower.size).toBe(0);
    await close();
  });

  it("since it cannot be read, is put off", async () => {
    await place.send(turns(2, 20));
    const { follower, source, state, scoreQuiet, close } = await follow();
    vi.spyOn(source, "read").mockRejectedValueOnce(new Error("away"));
    follower.see(await place.traces());
    await scoreQuiet(length());
    expect(state.counts).toMatchObject({ scored: 0, postponed: 1 });
    expect([follower.size, follower.incompleteCount]).toEqual([1, 0]);
    await close();
  });

  it("since a trace never came, is judged by the others after the hour in which it might have", async () => {
    await place.send(turns(3, 90));
    const { follower, source, scoreQuiet, close } = await follow();
    const read = source.read.bind(source);
    vi.spyOn(source, "read").mockImplementation((ids, onUnreadable) => read(ids.slice(1), onUnreadable));
    follower.see(await place.traces());
    await scoreQuiet(length());
    expect(await judgements()).toMatchObject([{ number: 1, value: 2 }]);
    await close();
  });

  it("since none of its traces can be read, is not taken for done", async () => {
    await place.send(turns(2, 90));
    const { follower, source, scoreQuiet, close } = await follow();
    vi.spyOn(source, "read").mockResolvedValueOnce(new Map());
    follower.see(await place.traces());
    await scoreQuiet(length());
    expect(follower.size).toBe(1);
    vi.advanceTimersByTime(40_000);
    await scoreQuiet(length());
    expect(await judgements()).toMatchObject([{ value: 2 }]);
    await close();
  });
});

describe("scorers of sessions with a filter", () => {
  const about = (filter: string) => [{ scorer: length(), sampleRate: 1, filter }];

  it("look at a session whose first trace fulfils it", async () => {
    await place.send([{ ...turn(1, 20), tags: { topic: "tents" } }, turn(2, 19)]);
    expect(await once({ scorers: about("tag.topic = 'tents'") })).toMatchObject({ scored: 1, filteredOut: 0 });
    expect(await judgements()).toMatchObject([{ number: 1, value: 2 }]);
  });

  it("leave alone one of which only a later trace does, or one of an evaluation", async () => {
    const ofEvaluation = { metadata: { "mlflow.sourceRun": "run-1" }, tags: { topic: "tents" } };
    await place.send([
      turn(1, 20),
      { ...turn(2, 19), tags: { topic: "tents" } },
      { ...turn(3, 21, "checked"), ...ofEvaluation },
      turn(4, 20, "checked"),
    ]);
    expect(await once({ scorers: about("tag.topic = 'tents'") })).toMatchObject({ scored: 0, filteredOut: 2 });
    expect(await judgements()).toEqual([]);
  });

  it("do not take a session's first trace for one of an evaluation that came before it", async () => {
    await place.send([
      { ...turn(1, 21), metadata: { "mlflow.sourceRun": "run-1" } },
      { ...turn(2, 20), tags: { topic: "tents" } },
    ]);
    expect(await once({ scorers: about("tag.topic = 'tents'") })).toMatchObject({ scored: 1 });
    expect(await judgements()).toMatchObject([{ number: 2, value: 1 }]);
  });
});

describe("sessions that are scored at once", () => {
  it("are as many as there may be scorings", async () => {
    const sessions = Array.from({ length: 14 }, (_, index) => `s-${index}`);
    await place.send(sessions.map((session, index) => turn(index + 1, 20, session)));
    let inside = 0;
    let most = 0;
    const all = gate();
    const counting = length("counting", async () => {
      most = Math.max(most, ++inside);
      if (inside === 12) all.open();
      await all.opened;
      inside -= 1;
    });
    expect(await once({ scorers: [counting], concurrency: 12 })).toMatchObject({ scored: 14 });
    expect(most).toBe(12);
  });

  it("do not wait for one that takes long", async () => {
    const sessions = Array.from({ length: 6 }, (_, index) => `s-${index}`);
    await place.send(sessions.map((session, index) => turn(index + 1, 20, session)));
    const { follower, scoreQuiet, close } = await follow({ concurrency: 2 });
    const slow = gate();
    let calls = 0;
    const scorer = length("length", async () => {
      calls += 1;
      if (calls === 1) await slow.opened;
    });
    follower.see(await place.traces());
    const scoring = scoreQuiet(scorer);
    await expect.poll(() => calls, { timeout: 20_000 }).toBe(6);
    await expect.poll(() => follower.size, { timeout: 20_000 }).toBe(1);
    slow.open();
    await scoring;
    expect(await judgements()).toHaveLength(6);
    await close();
  });
});

describe("sessions that are open", () => {
  it("may be very many", async () => {
    const { follower, close } = await follow();
    const startMillis = Date.now();
    follower.see(Array.from({ length: 150_000 }, (_, index) => summary(`s-${index}`, startMillis + index)));
    expect(follower.size).toBe(150_000);
    expect(follower.oldestOpenMillis()).toBe(startMillis);
    await close();
  });

  it("are followed by one worker each, and hold back no other's watermark", async () => {
    const store = inProcessLeases({ shardCount: 2 });
    const other = { owner: "other", durationMillis: 60_000, keep: [], release: [], isLeaving: false };
    await store.exchange({ ...other, take: [0] });
    const { follower, close } = await follow({ store });
    const sessions = Array.from({ length: 20 }, (_, index) => `s-${index}`);
    follower.see(sessions.map((session, index) => summary(session, Date.now() + index)));
    expect(follower.size).toBe(sessions.filter((session) => shardOf(session, 2) === 1).length);
    await close();
  });

  it("are not taken for quiet because only their first traces were seen", async () => {
    await place.send([turn(1, 20), turn(2, 1)]);
    const { follower, scoreQuiet, close } = await follow();
    const all = await place.traces();
    follower.see(all.filter(({ traceId }) => traceId.endsWith(idOf(1))));
    await scoreQuiet(length());
    expect(follower.size).toBe(1);
    expect(await judgements()).toEqual([]);
    await close();
  });
});

describe("a session of more traces than can be judged", () => {
  it("is judged by its newest ones, in one assessment however long it becomes, and this is told", async () => {
    await place.send(turns(1_100, 20));
    const problems: MonitorProblem[] = [];
    let last: string | undefined;
    const seeing: ScorerCore = {
      ...length(),
      score: async ({ session = [] }) => {
        last = session.at(-1)?.info.traceId;
        return Promise.resolve({ type: "scored", feedbacks: [{ value: session.length }] });
      },
    };
    // One trace of it is enough to learn of it, and to look at them all takes long.
    const run = async (minutes: number) => {
      const { follower, state, scoreQuiet, close } = await follow({ onProblem: (problem) => problems.push(problem) });
      follower.see([summary("calm", minutesAgo(minutes))]);
      await scoreQuiet(seeing);
      await close();
      return state.counts;
    };
    expect(await run(20)).toMatchObject({ scored: 1 });
    expect(last?.endsWith(idOf(1_100))).toBe(true);
    expect(problems.map(({ message }) => message)).toEqual([
      "The session calm has more than 1000 traces: its newest ones are judged.",
    ]);
    await place.send(turns(1_000, 10, 2_000));
    expect(await run(10)).toMatchObject({ scored: 1 });
    expect(last?.endsWith(idOf(2_999))).toBe(true);
    expect(await judgements()).toMatchObject([{ number: 1, name: "length", value: 1_000 }]);
    expect(await run(10)).toMatchObject({ scored: 0, alreadyScored: 1 });
  }, 60_000);
});

describe("sessions that two workers share", () => {
  it("are judged once each, and anew by whoever has them when they go on", async () => {
    const sessions = Array.from({ length: 12 }, (_, index) => `s-${index}`);
    const all = sessions.flatMap((session, index) => [
      turn(2 * index + 1, 30, session),
      turn(2 * index + 2, 20, session),
    ]);
    await place.send(all);
    const store = inProcessLeases({ shardCount: 8 });
    let owners = new Set<string | undefined>();
    const leases: LeaseStore = {
      shardCount: store.shardCount,
      exchange: async (request) => {
        const answer = await store.exchange(request);
        owners = new Set(answer.shards.map(({ owner }) => owner));
        return answer;
      },
    };
    const pace = { leaseMillis: 9_000, writeTimeoutMillis: 4_000, pollMillis: 20 };
    // A turn of the last minute is found by every look, an older one by the looks back, which are rarer the busier it is.
    const shared = { leases, ...pace, sessionQuietMillis: 1_000, once: false };
    const stopping = new AbortController();
    const counted = [0, 0];
    const workers = counted.map((_, worker) =>
      once({
        scorers: [length()],
        ...shared,
        signal: stopping.signal,
        onProgress: ({ scored }) => (counted[worker] = scored),
      }),
    );
    const values = async (): Promise<unknown[]> => (await judgements()).map(({ value }) => value);
    await expect.poll(values, { timeout: 60_000, interval: 250 }).toEqual(sessions.map(() => 2));
    await expect.poll(() => [owners.size, owners.has(undefined)], { timeout: 60_000 }).toEqual([2, false]);
    await place.send(sessions.map((session, index) => turn(1_000 + index, 0.1, session)));
    await expect.poll(values, { timeout: 60_000, interval: 250 }).toEqual(sessions.map(() => 3));
    stopping.abort();
    const counts = await Promise.all(workers);
    expect(counts.map(({ scored }) => scored > 0)).toEqual([true, true]);
  }, 150_000);
});
