import { describe, expect, test } from "vitest";
import { runApp, startApp } from "./harness/app.ts";
import { drain, expectNothingLost, judge } from "./harness/judge.ts";
import { prepare, times } from "./harness/test-site.ts";

const lines = (said: readonly unknown[]): Record<string, unknown> =>
  Object.assign({}, ...said) as Record<string, unknown>;

describe("F17: flush()", () => {
  test("also waits for what is already on its way", async () => {
    const { site, sink } = await prepare(({ isSpans }) => (isSpans ? { status: 200, delayMillis: 700 } : undefined));
    const app = startApp({
      site,
      host: sink.url,
      script: `tracelake.start(); for (let n = 0; n < 10; n++) issue(); say({ ready: true }); await listen();
        say({ result: await tracelake.flush(), stats: figures() });`,
    });
    await sink.until(() => sink.spanRequests.length > 0);
    app.tell();
    expect(lines((await app.ended).said)).toMatchObject({
      result: { exported: 10, dropped: 0 },
      stats: { accepted: 10, exported: 10, queued: 0, spooled: 0 },
    });
    expectNothingLost(site, sink);
  });

  test("may be called many times at once, and from within a span", async () => {
    const { site, sink } = await prepare();
    const { said } = await runApp({
      site,
      host: sink.url,
      script: `tracelake.start(); for (let n = 0; n < 10; n++) issue();
        const results = await Promise.all([tracelake.flush(), tracelake.flush(), tracelake.flush()]);
        await tracelake.withSpan({ name: "outer", attributes: { "fault.id": "none" } }, () => tracelake.flush());
        say({ results });`,
    });
    const ten = { exported: 10, dropped: 0 };
    expect(lines(said)).toMatchObject({ results: [ten, ten, ten] });
    expect(judge(site, sink)).toMatchObject({ arrived: 11, missingAccepted: [], violations: [] });
  });

  test("ends after its time with a destination that does not answer, and says what is safe", async () => {
    const { site, sink } = await prepare(() => ({ kind: "hang" }));
    const options = { site, host: sink.url } as const;
    const { said, code } = await runApp({
      ...options,
      script: `tracelake.start(); for (let n = 0; n < 10; n++) issue();
        say({ flushed: await tracelake.flush({ timeoutMillis: 300 }) });
        say({ result: await tracelake.shutdown({ timeoutMillis: 300 }), stats: figures() });`,
    });
    expect(code).toBe(0);
    expect(lines(said)).toMatchObject({
      flushed: { exported: 0, dropped: 0 },
      result: { exported: 0, durable: 10, dropped: 0 },
      stats: { accepted: 10, exported: 0, queued: 0, spooled: 10 },
    });
    sink.behave = () => undefined;
    sink.breakConnections();
    await drain(sink, options);
    expectNothingLost(site, sink);
  });

  test("until everything is durable does not wait for a destination that does not answer", async () => {
    const { site, sink } = await prepare(() => ({ kind: "hang" }));
    const options = { site, host: sink.url } as const;
    const app = startApp({
      ...options,
      script: `tracelake.start(); for (let n = 0; n < 10; n++) issue();
        say({ result: await tracelake.flush({ until: "durable", timeoutMillis: 80_000 }) }); noteDurable(); await listen();`,
    });
    expect(await app.hears("result")).toMatchObject({ result: { exported: 0, durable: 10, dropped: 0 } });
    await app.kill("SIGKILL");
    sink.behave = () => undefined;
    sink.breakConnections();
    await drain(sink, options);
    expectNothingLost(site, sink);
  });

  test("before anything was recorded says that there was nothing", async () => {
    const { site, sink } = await prepare();
    const { said } = await runApp({
      site,
      host: sink.url,
      script: `say({ before: await tracelake.flush() }); tracelake.start(); say({ after: await tracelake.flush() });`,
    });
    const nothing = { exported: 0, durable: 0, dropped: 0 };
    expect(lines(said)).toMatchObject({ before: nothing, after: nothing });
  });
});

describe("F17: shutdown()", () => {
  test("may be called twice and at once; what ends afterwards is counted", async () => {
    const { site, sink } = await prepare();
    const { said, code } = await runApp({
      site,
      host: sink.url,
      script: `tracelake.start(); for (let n = 0; n < 10; n++) issue();
        const [first, second] = await Promise.all([tracelake.shutdown(), tracelake.shutdown()]);
        const third = await tracelake.shutdown();
        tracelake.startSpan({ name: "late" }).end();
        say({ first, second, third, stats: figures() });`,
    });
    expect(code).toBe(0);
    const ten = { exported: 10, dropped: 0 };
    expect(lines(said)).toMatchObject({ first: ten, second: ten, third: ten });
    expect(lines(said)["stats"]).toMatchObject({ accepted: 11, exported: 10, dropped: { after_shutdown: 1 } });
    expectNothingLost(site, sink);
  });

  test("leaves nothing that would hold the process or its listeners", async () => {
    const { site, sink } = await prepare();
    const { said, code, stderr } = await runApp({
      site,
      host: sink.url,
      script: `const names = ["exit", "beforeExit", "SIGTERM", "SIGINT", "SIGHUP", "uncaughtException", "unhandledRejection"];
        const listeners = () => names.map((name) => process.listenerCount(name)).join();
        const before = listeners();
        for (let n = 0; n < 20; n++) {
          const processor = new tracelake.UnityCatalogSpanProcessor();
          await processor.shutdown();
        }
        tracelake.start(); for (let n = 0; n < 10; n++) issue();
        await tracelake.shutdown();
        say({ isClean: before === listeners(), listeners: listeners(), before,
          resources: process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe)Wrap$/.test(name)) });`,
    });
    expect(code).toBe(0);
    expect(stderr).not.toContain("MaxListeners");
    expect(lines(said)).toMatchObject({ isClean: true });
    expect((lines(said)["resources"] as string[]).filter((name) => name !== "TCPSocketWrap")).toEqual([]);
  });
});

describe("F14: many spans", () => {
  test.each([["spill"], ["journal"]] as const)("50,000 in one turn all arrive (%s)", async (durability) => {
    const { site, sink } = await prepare();
    const options = { site, host: sink.url, durability };
    const { code } = await runApp({
      ...options,
      script: `tracelake.start(); const root = tracelake.startSpan({ name: "root", attributes: { "fault.id": "none" } });
        for (let n = 0; n < 50_000; n++) issue({ parent: root }); root.end();
        await tracelake.flush({ timeoutMillis: 60_000 }); say({ stats: figures() });`,
    });
    expect(code).toBe(0);
    await drain(sink, options);
    expect(sink.arrivals.spans.delete("none")).toBe(true);
    expectNothingLost(site, sink);
  });

  test("40 full batches leave in one flush", async () => {
    const { site, sink } = await prepare(({ isSpans }) => (isSpans ? { status: 200, delayMillis: 100 } : undefined));
    const { said } = await runApp({
      site,
      host: sink.url,
      script: `tracelake.start(); const root = tracelake.startSpan({ name: "root", attributes: { "fault.id": "none" } });
        for (let n = 0; n < 40 * 512; n++) issue({ parent: root });
        say({ result: await tracelake.flush({ timeoutMillis: 60_000 }) }); process.exit();`,
    });
    expect(lines(said)).toMatchObject({ result: { exported: 40 * 512, dropped: 0 } });
    expectNothingLost(site, sink);
  });

  test("a steady stream all arrives", async () => {
    const { site, sink } = await prepare();
    const { said } = await runApp({
      site,
      host: sink.url,
      script: `tracelake.start(); const endOfRun = performance.now() + ${times(5, 60) * 1_000};
        while (performance.now() < endOfRun) {
          const root = tracelake.startSpan({ name: "root", attributes: { "fault.id": "none" } });
          for (let n = 0; n < 50; n++) issue({ characters: 2_000, parent: root });
          root.end();
          await pause(10);
        }
        await tracelake.flush({ timeoutMillis: 30_000 }); say({ stats: figures() });`,
    });
    expect(lines(said)["stats"]).toMatchObject({ queued: 0, spooled: 0, quarantined: 0 });
    sink.arrivals.spans.delete("none");
    expectNothingLost(site, sink);
  });
});
