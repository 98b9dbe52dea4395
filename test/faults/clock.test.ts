import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runApp, startApp } from "./harness/app.ts";
import { drain, expectNothingLost } from "./harness/judge.ts";
import { prepare, times } from "./harness/test-site.ts";

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));

/** Makes the wall clock jump, as seen by everything in the process; `jump(millis)` in the script. */
const jumpingClock = `
let shift = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...values) { if (values.length === 0) super(RealDate.now() + shift); else super(...values); }
  static now() { return RealDate.now() + shift; }
};
const jump = (millis) => (shift += millis);
`;

const hour = 3_600_000;
const year = 365 * 24 * hour;

describe("F11: a clock that jumps", () => {
  test.concurrent.each([
    ["an hour ahead", hour],
    ["an hour back", -hour],
    ["ten years ahead", 10 * year],
    ["ten years back", -10 * year],
  ])("%s, while the destination is away: nothing expires, and nothing is lost", async (_, millis) => {
    const { site, sink } = await prepare();
    await sink.close();
    const options = { site, host: sink.url, durability: "journal" } as const;
    const script = `${jumpingClock}
      tracelake.start(); for (let n = 0; n < 20; n++) issue(); await until((now) => now.queued === 0);
      jump(${millis}); for (let n = 0; n < 20; n++) issue(); await pause(500);
      await tracelake.shutdown({ timeoutMillis: 300 }); say({ stats: figures() });`;
    const { said } = await runApp({ ...options, script });
    expect(said.at(-1)).toMatchObject({ stats: { accepted: 40, exported: 0, spooled: 40 } });
    await sink.open();
    await drain(sink, options);
    expectNothingLost(site, sink);
  });

  test.each([
    ["in the future", 10 * year],
    ["long ago", -10 * year],
  ])("a spool that was written %s is delivered", async (_, millis) => {
    const { site, sink } = await prepare();
    await sink.close();
    const options = { site, host: sink.url, durability: "journal" } as const;
    const script = `${jumpingClock} jump(${millis});
      tracelake.start(); for (let n = 0; n < 20; n++) issue(); await tracelake.shutdown({ timeoutMillis: 300 });`;
    expect(await runApp({ ...options, script })).toMatchObject({ code: 0 });
    await sink.open();
    await drain(sink, options);
    expectNothingLost(site, sink);
  });
});

describe("F11: a process that was asleep", () => {
  test.each(["spill", "journal"] as const)("goes on where it was, and nothing is lost (%s)", async (durability) => {
    const { site, sink } = await prepare();
    const options = { site, host: sink.url, durability };
    const app = startApp({
      ...options,
      script: `tracelake.start(); let isOver = false; listen().then(() => (isOver = true));
        for (let n = 0; !isOver; n++) { issue(); if (n === 20) say({ ready: true }); await pause(5); }
        await until(isSettled);`,
    });
    await app.hears("ready");
    app.process.kill("SIGSTOP");
    await pause(times(2_000, 60_000));
    app.process.kill("SIGCONT");
    await pause(500);
    app.tell();
    expect(await app.ended).toMatchObject({ code: 0 });
    await drain(sink, options);
    expectNothingLost(site, sink);
  });
});

const wakeUps = (pid: number): number =>
  Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

describe.runIf(process.platform === "linux")("F11: an exporter with nothing to do", () => {
  test.each([
    ["the destination is well", false],
    ["the destination is away and everything is on disk", true],
  ])("sleeps where %s", async (_, isAway) => {
    const { site, sink } = await prepare();
    if (isAway) await sink.close();
    const app = startApp({
      site,
      host: sink.url,
      durability: "journal",
      script: `tracelake.start(); for (let n = 0; n < 20; n++) issue();
        await until((now) => now.queued === 0 && (${isAway} || now.spooled === 0)); say({ ready: true }); await listen(); process.exit();`,
    });
    await app.hears("ready");
    const before = wakeUps(app.process.pid ?? 0);
    const seconds = 4;
    await pause(seconds * 1_000);
    const perSecond = (wakeUps(app.process.pid ?? 0) - before) / seconds;
    app.tell();
    await app.ended;
    expect(perSecond).toBeLessThanOrEqual(isAway ? 20 : 10);
  });
});
