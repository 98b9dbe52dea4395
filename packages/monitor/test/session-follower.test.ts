import { updateAssessment, type TraceSummary } from "@tracelake/workspace-client";
import { describe, expect, it, vi } from "vitest";
import type { MadeTrace } from "../../../test/support/monitored-workspace.ts";
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
import { idOf, minutesAgo, monitoredPlace } from "./monitored-place.ts";

const place = monitoredPlace("sessions");

const turn = (number: number, minutes: number, session = "calm"): MadeTrace => ({
  id: idOf(number),
  startMillis: minutesAgo(minutes),
  session,
});
const turns = (count: number, minutes: number, first = 1): MadeTrace[] =>
  Array.from({ length: count }, (_, index) => ({
    ...turn(first + index, minutes),
    startMillis: minutesAgo(minutes) + index,
  }));

/** Says how many turns it was shown. */
const length = (name = "length", until: () => Promise<void> = async () => {}): ScorerCore => ({
  name,
  record: { type: "code", name, isSessionLevel: true },
  score: async ({ session = [] }) => {
    await until();
    return { type: "scored", feedbacks: [{ value: session.length }] };
  },
});

const once = place.run;

const judgements = async () =>
  (await place.traces()).flatMap(({ traceId, assessments }) =>
    assessments.map(({ assessmentId, name, value, error, metadata }) => ({
      of: { traceId, assessmentId },
      number: Number.parseInt(traceId.slice(-32), 16),
      name,
      value,
      error,
      metadata,
    })),
  );

/** A follower alone, which sees what it is shown. */
const follow = async ({ store = inProcessLeases() }: { store?: LeaseStore } = {}) => {
  const options: MonitorOptions = { connection: place.connection, location: place.location, settleMillis: 0 };
  const state = new MonitorState(options, settingsOf(options));
  const source = await TraceSource.open(options);
  const keeper = new LeaseKeeper({ store, durationMillis: 60_000, restMillis: 0, onProblem: () => {} });
  await keeper.start();
  const follower = new SessionFollower({ state, source, keeper, pool: new ScoringPool(state, { waits: false }) });
  return {
    follower,
    scoreQuiet: (...scorers: readonly ScorerCore[]) =>
      follower.scoreQuiet(filterGroups(scorers.map((scorer) => ({ scorer, sampleRate: 1 })))),
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
    await expect.poll(() => calls).toBe(1);
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

describe("a session that is judged already", () => {
  it("is not read again", async () => {
    await place.send([turn(1, 20), turn(2, 19)]);
    await once({ scorers: [length()] });
    const asked = vi.spyOn(globalThis, "fetch");
    expect(await once({ scorers: [length()] })).toMatchObject({ scored: 0, alreadyScored: 1 });
    const urls = asked.mock.calls.map(([url]) => new Request(url).url);
    vi.restoreAllMocks();
    expect(urls.length).toBeGreaterThan(0);
    expect(urls.filter((url) => url.includes("batchGet"))).toEqual([]);
  });

  it("in one of two parts only, is judged again, and both parts are of the whole session then", async () => {
    await place.send(turns(2, 20));
    const two: ScorerCore = {
      ...length("two"),
      score: async ({ session = [] }) =>
        Promise.resolve({
          type: "scored",
          feedbacks: [{ value: session.length }, { name: "two/second", value: session.length }],
        }),
    };
    await once({ scorers: [two] });
    await place.send(turns(1, 10, 3));
    // The second change is refused, as if the run had ended before it.
    const send = globalThis.fetch;
    let changes = 0;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) =>
      init?.method === "PATCH" && ++changes === 2
        ? Response.json({ error_code: "INTERNAL_ERROR", message: "No." }, { status: 500 })
        : send(url, init),
    );
    expect(await once({ scorers: [two] })).toMatchObject({ scored: 0, postponed: 1 });
    vi.restoreAllMocks();
    const said = await judgements();
    expect(new Set(said.map(({ value }) => value))).toEqual(new Set([2, 3]));
    // Whatever was changed last comes last: the part that is of the whole session comes first now.
    const [old] = said.filter(({ value }) => value === 2);
    if (old !== undefined) await updateAssessment(place.connection, { ...old.of, rationale: "Seen." });
    expect(await once({ scorers: [two] })).toMatchObject({ scored: 1 });
    expect((await judgements()).map(({ value }) => value)).toEqual([3, 3]);
  });

  it("and could not be when it had gone on, says why in the same place, until it goes on again", async () => {
    await place.send(turns(2, 20));
    await once({ scorers: [length()] });
    const lost: ScorerCore = {
      ...length(),
      score: async () => Promise.resolve({ type: "failed", error: { code: "LOST", message: "No words." } }),
    };
    await place.send(turns(1, 15, 3));
    expect(await once({ scorers: [lost] })).toMatchObject({ failed: 1 });
    const failed = await judgements();
    expect(failed).toMatchObject([{ error: { code: "LOST", message: "No words." } }]);
    expect(failed[0]?.value ?? null).toBeNull();
    expect(await once({ scorers: [lost] })).toMatchObject({ failed: 0, alreadyScored: 1 });
    await place.send(turns(1, 10, 4));
    expect(await once({ scorers: [length()] })).toMatchObject({ scored: 1 });
    expect(await judgements()).toMatchObject([{ value: 4, error: undefined }]);
  });

  it("says so as MLflow's client does", async () => {
    await place.send([turn(1, 20)]);
    await once({ scorers: [length()] });
    const [judgement] = await judgements();
    expect(judgement?.metadata).toMatchObject({
      "mlflow.trace.session": "calm",
      "mlflow.assessment.onlineScoringSessionId": "calm",
    });
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
    const run = () => once({ scorers: [seeing], onProblem: (problem) => problems.push(problem) });
    expect(await run()).toMatchObject({ scored: 1 });
    expect(last?.endsWith(idOf(1_100))).toBe(true);
    expect(problems.map(({ message }) => message)).toEqual([
      "The session calm has more than 1000 traces: its newest ones are judged.",
    ]);
    await place.send(turns(1_000, 10, 2_000));
    expect(await run()).toMatchObject({ scored: 1 });
    expect(last?.endsWith(idOf(2_999))).toBe(true);
    expect(await judgements()).toMatchObject([{ number: 1, name: "length", value: 1_000 }]);
    expect(await run()).toMatchObject({ scored: 0, alreadyScored: 1 });
  }, 60_000);
});

describe("sessions that two workers share", () => {
  it("are judged once each, and anew by whoever has them when they go on", async () => {
    const sessions = Array.from({ length: 24 }, (_, index) => `s-${index}`);
    const all = sessions.flatMap((session, index) => [
      turn(2 * index + 1, 30, session),
      turn(2 * index + 2, 20, session),
    ]);
    await place.send(all);
    const leases = inProcessLeases({ shardCount: 8 });
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
    await expect.poll(values, { timeout: 60_000, interval: 100 }).toEqual(sessions.map(() => 2));
    await place.send(sessions.map((session, index) => turn(1_000 + index, 0.1, session)));
    await expect.poll(values, { timeout: 60_000, interval: 100 }).toEqual(sessions.map(() => 3));
    stopping.abort();
    const counts = await Promise.all(workers);
    expect(counts.map(({ scored }) => scored > 0)).toEqual([true, true]);
  }, 150_000);
});
