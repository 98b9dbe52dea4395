import { mkdirSync, watch } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startApp, type App, type AppOptions, type Site } from "./harness/app.ts";
import { drainDurable, expectDurableKept, judge } from "./harness/judge.ts";
import type { Behaviour, SeenRequest } from "./harness/sink.ts";
import { prepare, times } from "./harness/test-site.ts";

const busyScript = `
tracelake.start();
say({ ready: true });
for (;;) {
  for (let left = Math.ceil(Math.random() * 20); left > 0; left--) issue({ characters: Math.random() < 0.05 ? 30_000 : 200 });
  await pause(Math.random() * 15);
  noteDurable();
}`;

/** Fails 15 of 100 requests, and takes 10 of 100 without saying so. */
const unreliable = ({ isSpans }: SeenRequest): Behaviour | undefined => {
  if (!isSpans) return undefined;
  const luck = Math.random();
  if (luck < 0.15) return { status: 503 };
  return luck < 0.25 ? { kind: "lose-answer" } : undefined;
};

// A frame that was torn while it was written was never durable; a copy of its file is left for people to look at.
const waitingFiles = (site: Site): string[] => site.spoolFiles().filter((name) => !name.includes("/quarantine/"));

const killAtRandom = async (app: App): Promise<void> => {
  await app.hears("ready");
  await pause(Math.random() * 900);
  await app.kill("SIGKILL");
};

/** Starts applications one after the other, `count` in all, in each of two lanes, and has `end` end them. */
const runTwoLanes = async (count: number, options: AppOptions, end: (app: App) => Promise<void>): Promise<void> => {
  const lane = async (): Promise<void> => {
    for (let left = Math.ceil(count / 2); left > 0; left--) await end(startApp(options));
  };
  await Promise.all([lane(), lane()]);
};

describe("F1: processes that are killed at any moment", () => {
  test("lose nothing that was on disk, two at a time on one spool and with a destination that loses answers", async () => {
    const { site, sink } = await prepare(unreliable);
    const options = { site, host: sink.url, durability: "journal" } as const;
    const kills = times(30, 2_000);
    await runTwoLanes(kills, { ...options, script: busyScript }, killAtRandom);
    sink.behave = () => undefined;
    const early = judge(site, sink);
    await drainDurable(sink, options);
    const verdict = expectDurableKept(site, sink);
    expect(verdict.durable).toBeGreaterThan(1);
    expect(waitingFiles(site)).toEqual([]);
    console.log(
      `F1: ${kills} kills, ${verdict.accepted} accepted, ${verdict.durable} of them durable, ${verdict.arrived} arrived ` +
        `(${verdict.arrived - early.arrived} after the last kill), ${verdict.duplicates} duplicates, ` +
        `${verdict.missingAccepted.length} lost that were not on disk yet`,
    );
  });

  test("lose nothing that was on disk where the destination was down all the while", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    const options = { site, host: sink.url, durability: "journal" } as const;
    await runTwoLanes(times(10, 200), { ...options, script: busyScript }, killAtRandom);
    expect(sink.requests).toEqual([]);
    await sink.open();
    await drainDurable(sink, options);
    const verdict = expectDurableKept(site, sink);
    expect(verdict.arrived).toBeGreaterThanOrEqual(verdict.durable);
    expect(waitingFiles(site)).toEqual([]);
  });
});

describe("F2: processes that are killed as files of the spool come and go", () => {
  /** Kills at the n-th time that a file of the spool appears, is renamed or vanishes. */
  const killAtFileEvent = async (app: App, spool: string): Promise<void> => {
    let left = 1 + Math.floor(Math.random() * 12);
    const watcher = watch(spool, { recursive: true }, (event) => {
      if (event === "rename" && --left === 0) app.process.kill("SIGKILL");
    });
    // Where no file changes any more, the end is as good a moment as any.
    const patience = setTimeout(() => app.process.kill("SIGKILL"), 3_000);
    await app.ended;
    clearTimeout(patience);
    watcher.close();
  };

  test("lose nothing that was on disk", async () => {
    const { site, sink } = await prepare(unreliable);
    mkdirSync(site.spool, { mode: 0o700 });
    const options = { site, host: sink.url, durability: "journal" } as const;
    const script = busyScript.replace("30_000", "900_000");
    await runTwoLanes(times(14, 300), { ...options, script }, (app) => killAtFileEvent(app, site.spool));
    sink.behave = () => undefined;
    await drainDurable(sink, options);
    expectDurableKept(site, sink);
    expect(waitingFiles(site)).toEqual([]);
  });
});
