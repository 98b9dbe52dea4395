import { describe, expect, test } from "vitest";
import { runApp, startApp } from "./harness/app.ts";
import { drain, expectNothingLost } from "./harness/judge.ts";
import type { Behaviour, FaultySink, SeenRequest } from "./harness/sink.ts";
import { isNightly, prepare, times } from "./harness/test-site.ts";

/** Records steadily until told to stop, then ends when the figures are as asked. */
const steadyScript = (ending: string): string => `
// Ten minutes leave more than a spool takes by default, and the oldest would be thinned.
tracelake.start({ maxSpoolBytes: 2 ** 31 });
let isOver = false;
listen().then(() => (isOver = true));
for (let n = 0; !isOver; n++) {
  issue({ characters: n % 10 === 0 ? 200_000 : 500 });
  if (n === 0) say({ ready: true });
  await pause(20);
}
say({ stopped: figures() });
${ending}`;

const outageMillis = times(2_500, 600_000);
const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));

interface Fault {
  readonly begin: (sink: FaultySink) => Promise<void>;
  readonly end: (sink: FaultySink) => Promise<void>;
}

const behaviour = (behave: (request: SeenRequest) => Behaviour | undefined): Fault => ({
  begin: async (sink) => void (sink.behave = behave),
  end: async (sink) => {
    sink.behave = () => undefined;
    sink.breakConnections();
  },
});

const faults: Readonly<Record<string, Fault>> = {
  "refuses connections": { begin: (sink) => sink.close(), end: async (sink) => void (await sink.open()) },
  "answers nothing": behaviour(() => ({ kind: "hang" })),
  "breaks connections": behaviour(() => ({ kind: "reset" })),
  "answers 503": behaviour(() => ({ status: 503 })),
};

describe.each(["spill", "journal"] as const)("F3: a destination that is down (%s)", (durability) => {
  test.concurrent.each(Object.keys(faults))("loses nothing where it %s", async (name) => {
    const { site, sink } = await prepare();
    const fault = faults[name];
    if (fault === undefined) throw new Error(name);
    const options = { site, host: sink.url, durability };
    // At night the same process waits until the destination is well; otherwise its successor brings the rest.
    const ending = isNightly ? "await until(isSettled);" : "await tracelake.shutdown();";
    const app = startApp({ ...options, script: steadyScript(`${ending} say({ end: figures() });`) });
    await app.hears("ready");
    await sink.until(() => sink.spanRequests.length > 0);
    await fault.begin(sink);
    const before = sink.requests.length;
    await pause(outageMillis);
    const duringOutage = sink.requests.length - before;
    if (isNightly) {
      await fault.end(sink);
      app.tell();
    } else {
      app.tell();
      await app.ended;
      await fault.end(sink);
    }
    expect(await app.ended).toMatchObject({ code: 0 });
    await drain(sink, options);
    expectNothingLost(site, sink);
    expect(duringOutage).toBeLessThanOrEqual(60);
  });
});

describe("F3: a destination whose name cannot be looked up", () => {
  test("loses nothing and does not disturb the end of the application", async () => {
    const { site } = await prepare();
    const ending = await runApp({
      site,
      host: "https://tracelake-faults.invalid",
      durability: "journal",
      script: `tracelake.start(); for (let n = 0; n < 20; n++) issue(); await tracelake.shutdown({ timeoutMillis: 500 }); say({ stats: figures() });`,
    });
    expect(ending).toMatchObject({ code: 0, said: [{ stats: { accepted: 20, exported: 0, queued: 0, spooled: 20 } }] });
    expect(site.spoolFiles()).not.toEqual([]);
  });
});

describe("F3: a destination that recovers", () => {
  test("gets everything from the same process", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    const app = startApp({
      site,
      host: sink.url,
      script: `tracelake.start(); for (let n = 0; n < 50; n++) { issue(); await pause(20); }
        say({ issued: true }); await allExported(50); say({ stats: figures() });`,
    });
    await app.hears("issued");
    await sink.open();
    expect(await app.hears("stats")).toMatchObject({ stats: { accepted: 50, exported: 50, queued: 0, spooled: 0 } });
    expect(await app.ended).toMatchObject({ code: 0 });
    expectNothingLost(site, sink);
  });
});

/** How many requests so many a second allow, over the whole of it: on a busy machine some come in pairs. */
const mostOver = (requests: readonly SeenRequest[], perSecond: number): number => {
  const [first, last] = [requests.at(0)?.atMillis ?? 0, requests.at(-1)?.atMillis ?? 0];
  return perSecond * Math.ceil((last - first) / 1_000 + 1);
};

describe("F4: a storm of 429", () => {
  const inTwoSeconds = "the date in 2.5 s";

  test.concurrent.each([
    ["0", 0],
    ["1", 1_000],
    [inTwoSeconds, 1_000],
    ["soon", 0],
    [undefined, 0],
  ])("is not fed, and loses nothing, where it says to retry after %s", async (retryAfter, atLeastMillis) => {
    let isStorm = true;
    const { site, sink } = await prepare(() => {
      const after = retryAfter === inTwoSeconds ? new Date(Date.now() + 2_500).toUTCString() : retryAfter;
      const headers: Record<string, string> = after === undefined ? {} : { "retry-after": after };
      return isStorm ? { status: 429, headers } : undefined;
    });
    const options = { site, host: sink.url, durability: "journal" } as const;
    const app = startApp({ ...options, script: steadyScript("await tracelake.shutdown();") });
    await app.hears("ready");
    await pause(times(4_000, 60_000));
    app.tell();
    await app.ended;
    const stormy = [...sink.requests];
    isStorm = false;
    await drain(sink, options);
    expectNothingLost(site, sink);
    expect(stormy.length).toBeGreaterThan(0);
    // What was under way together when the storm began fails together.
    const firstAnswer = stormy.find(({ status }) => status === 429)?.answeredAtMillis ?? 0;
    const afterwards = stormy.filter(({ atMillis }) => atMillis > firstAnswer);
    expect(afterwards.length).toBeLessThanOrEqual(mostOver(afterwards, 4));
    // A span request that begins after an answer has to wait for what the answer asked.
    const spans = stormy.filter(({ isSpans }) => isSpans);
    for (const { answeredAtMillis = 0 } of spans) {
      const next = spans.find(({ atMillis }) => atMillis > answeredAtMillis);
      if (next !== undefined) expect(next.atMillis - answeredAtMillis).toBeGreaterThanOrEqual(atLeastMillis * 0.95);
    }
  });

  test("is waited out, and everything sent by the same process", async () => {
    let left = 3;
    const { site, sink } = await prepare(({ isSpans }) =>
      isSpans && left-- > 0 ? { status: 429, headers: { "retry-after": "1" } } : undefined,
    );
    const ending = await runApp({
      site,
      host: sink.url,
      script: `tracelake.start(); for (let n = 0; n < 30; n++) issue(); await allExported(30);`,
    });
    expect(ending).toMatchObject({ code: 0 });
    expectNothingLost(site, sink);
  });
});

describe("F5: a slow destination", () => {
  const slow: readonly (readonly [string, Behaviour])[] = [
    ["answers after two seconds", { status: 200, delayMillis: 2_000 }],
    ["answers byte by byte", { kind: "drip", everyMillis: 200, bytes: 20 }],
    ...(isNightly ? [["answers after twenty seconds", { status: 200, delayMillis: 20_000 }] as const] : []),
  ];

  test.each(slow)("loses nothing where it %s", async (_, behaviour) => {
    const { site, sink } = await prepare();
    let slowRequests = 4;
    sink.behave = ({ isSpans }) => (isSpans && slowRequests-- > 0 ? behaviour : undefined);
    const options = { site, host: sink.url } as const;
    const ending = await runApp({
      ...options,
      script: `tracelake.start();
        for (let n = 0; n < 100; n++) { issue({ characters: 1_000 }); await pause(10); }
        await tracelake.flush({ timeoutMillis: 30_000 }); say({ stats: figures() });`,
    });
    expect(ending).toMatchObject({ code: 0 });
    await drain(sink, options);
    expectNothingLost(site, sink);
  });

  test("loses nothing where its connections are half open", async () => {
    const { site, sink } = await prepare(({ isSpans }) => (isSpans ? { kind: "hang" } : undefined));
    const app = startApp({
      site,
      host: sink.url,
      script: `tracelake.start(); for (let n = 0; n < 20; n++) issue(); await allExported(20);`,
    });
    await sink.until(() => sink.spanRequests.length > 0);
    sink.behave = () => undefined;
    sink.breakConnections();
    expect(await app.ended).toMatchObject({ code: 0 });
    expectNothingLost(site, sink);
  });
});
