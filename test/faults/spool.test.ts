import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { PipelineStats } from "@tracelake/uc-exporter";
import { runApp, startApp, type Site } from "./harness/app.ts";
import { drain, expectNothingLost, judge } from "./harness/judge.ts";
import type { FaultySink } from "./harness/sink.ts";
import { prepare } from "./harness/test-site.ts";

const bursts = 20;
const spansPerBurst = 10;

/** Bursts that are written one by one, so that damage hits only one of them. */
const leaveScript = `
tracelake.start();
for (let burst = 0; burst < ${bursts}; burst++) {
  for (let n = 0; n < ${spansPerBurst}; n++) issue();
  await until((now) => now.queued === 0);
}
noteDurable();
await tracelake.shutdown({ timeoutMillis: 200 });`;

/** A spool that a process left while the destination was away. */
const leaveSpool = async (): Promise<{ site: Site; sink: FaultySink; segment: string }> => {
  const { site, sink } = await prepare();
  await sink.close();
  const ending = await runApp({ site, host: sink.url, durability: "journal", script: leaveScript });
  expect(ending).toMatchObject({ code: 0 });
  const largest = site
    .spoolFiles()
    .map((name) => join(site.spool, name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size)[0];
  if (largest === undefined) throw new Error("nothing was left");
  await sink.open();
  return { site, sink, segment: largest };
};

const flipBitAt =
  (share: number) =>
  (segment: string): void => {
    const bytes = readFileSync(segment);
    const at = Math.floor(bytes.length * share);
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    writeFileSync(segment, bytes);
  };

const fillWithZeros = (segment: string): void => {
  const bytes = readFileSync(segment);
  bytes.fill(0, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 40);
  writeFileSync(segment, bytes);
};

/** What may happen to a segment, and the most bursts that it may cost. */
const damages: Readonly<Record<string, { readonly damage: (segment: string) => void; readonly mostBursts: number }>> = {
  "a bit flipped at a quarter": { damage: flipBitAt(0.25), mostBursts: 1 },
  "a bit flipped in the middle": { damage: flipBitAt(0.5), mostBursts: 1 },
  "a bit flipped near the end": { damage: flipBitAt(0.99), mostBursts: 1 },
  "its tail torn off": { damage: (segment) => truncateSync(segment, statSync(segment).size - 30), mostBursts: 2 },
  "a part filled with zeros": { damage: fillWithZeros, mostBursts: 2 },
  "rubbish behind it": { damage: (segment) => appendFileSync(segment, Buffer.alloc(500, 0xab)), mostBursts: 0 },
};

describe("F9: a spool that was damaged", () => {
  test.concurrent.each(Object.keys(damages))("%s: what is whole arrives, and nothing else", async (name) => {
    const { site, sink, segment } = await leaveSpool();
    const damage = damages[name];
    damage?.damage(segment);
    const options = { site, host: sink.url, durability: "journal" } as const;
    const least = (bursts - (damage?.mostBursts ?? 0)) * spansPerBurst;
    expect(await drain(sink, options, () => sink.arrivals.spans.size > least)).toMatchObject({ code: 0 });
    const verdict = judge(site, sink);
    expect(verdict).toMatchObject({ foreign: [], damaged: [], violations: [] });
    expect(verdict.missingAccepted.length).toBeLessThanOrEqual((damage?.mostBursts ?? 0) * spansPerBurst);
  });

  test("a copy of a segment beside it: everything arrives, nothing foreign", async () => {
    const { site, sink, segment } = await leaveSpool();
    copyFileSync(segment, join(dirname(segment), "000999.seg"));
    await drain(sink, { site, host: sink.url, durability: "journal" });
    expectNothingLost(site, sink);
  });

  test("things that are no segments, everywhere: everything arrives, and they are left alone", async () => {
    const { site, sink, segment } = await leaveSpool();
    sink.bodies = [];
    const folder = dirname(segment);
    const secret = join(site.path, "secret.txt");
    writeFileSync(secret, "nobody may send this");
    for (const place of [folder, dirname(folder), site.spool]) {
      writeFileSync(join(place, "empty.seg"), "");
      writeFileSync(join(place, "000777.seg"), "this is not a segment");
      mkdirSync(join(place, "000778.seg"));
      symlinkSync(secret, join(place, "000779.seg"));
      writeFileSync(join(place, "notes.txt"), "somebody's notes");
    }
    const { stderr, code } = await drain(
      sink,
      { site, host: sink.url, durability: "journal" },
      () => sink.arrivals.spans.size === bursts * spansPerBurst + 1,
    );
    expect(code).toBe(0);
    expectNothingLost(site, sink);
    expect(readFileSync(secret, "utf8")).toBe("nobody may send this");
    expect(existsSync(join(site.spool, "notes.txt"))).toBe(true);
    expect(stderr).not.toContain("nobody may send this");
    expect(sink.bodies.some((body) => body.includes("nobody may send this"))).toBe(false);
    expect(sink.bodies.length).toBeGreaterThan(0);
  });

  test("F21: a segment of a version that does not exist yet is left as it is, and the others arrive", async () => {
    const { site, sink, segment } = await leaveSpool();
    const bytes = readFileSync(segment);
    // The header is text: whatever number the version has, no version is 9.
    const newer = Buffer.from(bytes.toString("latin1").replace(/("version":)\d/, "$19"), "latin1");
    const path = join(dirname(segment), "000500.seg");
    writeFileSync(path, newer, { mode: 0o600 });
    await drain(
      sink,
      { site, host: sink.url, durability: "journal" },
      () => sink.arrivals.spans.size === bursts * spansPerBurst + 1,
    );
    expectNothingLost(site, sink);
  });
});

describe("what stands in a spool", () => {
  test("is readable by its owner only, and holds no credentials", async () => {
    const { site } = await leaveSpool();
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    for (const name of site.spoolFiles()) {
      expect(mode(join(site.spool, name))).toBe("600");
      expect(readFileSync(join(site.spool, name)).includes("faults-token")).toBe(false);
      for (let folder = dirname(join(site.spool, name)); folder !== site.path; folder = dirname(folder))
        expect(mode(folder)).toBe("700");
    }
  });

  test("of another destination stays, and is not sent here", async () => {
    const { site, sink } = await leaveSpool();
    const other = await prepare();
    const script = `tracelake.start(); issue({ name: "other" }); await tracelake.flush(); await pause(1_500); await tracelake.shutdown();`;
    await runApp({ site, host: other.sink.url, durability: "journal", script });
    expect([...other.sink.arrivals.spans.values()].map(({ name }) => name)).toEqual(["other"]);
    await drain(sink, { site, host: sink.url }, () => sink.arrivals.spans.size === bursts * spansPerBurst + 1);
    expect(judge(site, sink)).toMatchObject({ foreign: [], damaged: [] });
  });
});

describe("P8: a spool that has its largest size", () => {
  test("gives up the texts of the oldest traces first, then what is neither a root nor failed", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    const traces = 100;
    const spoolMebibytes = 20;
    const script = `tracelake.start({ maxSpoolBytes: ${spoolMebibytes} * 1024 * 1024 });
      for (let n = 0; n < ${traces}; n++) {
        const root = tracelake.startSpan({ name: "root " + n, attributes: { "fault.id": "root " + n } });
        for (let child = 0; child < 10; child++) issue({ name: "child of " + n, characters: 30_000, parent: root });
        root.end();
        await until((now) => now.queued === 0);
        await pause(50);
        // On a busy machine 50 ms may be no time at all; making room is given its turns.
        for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
      }
      await tracelake.shutdown({ timeoutMillis: 500 }); say({ stats: figures() });`;
    const { said, code, stderr } = await runApp({ site, host: sink.url, durability: "journal", script });
    expect(code).toBe(0);
    expect(stderr).toContain("almost full");
    const { accepted, spooled, dropped } = (said.at(-1) as { readonly stats: PipelineStats }).stats;
    expect(Object.keys(dropped)).toEqual(dropped.quota === undefined ? [] : ["quota"]);
    expect(accepted).toBe(traces * 11);
    await sink.open();
    await drain(sink, { site, host: sink.url }, () => sink.arrivals.spans.size > spooled);
    const { spans } = sink.arrivals;
    const roots = [...spans.keys()].filter((id) => id.startsWith("root "));
    const childrenOf = (trace: number) => [...spans.values()].filter(({ name }) => name === `child of ${trace}`);
    // 30 MB into 20: no trace had to go whole.
    expect(roots).toHaveLength(traces);
    expect(childrenOf(traces - 1).map(({ isCut }) => isCut)).toEqual(Array.from({ length: 10 }, () => false));
    expect(childrenOf(0).every(({ isCut }) => isCut)).toBe(true);
    expect(judge(site, sink).violations).toEqual([]);
  });
});

const isRoot = process.getuid?.() === 0;

/** A file system of its own at the site's spool. */
const mount = (site: Site, options: string): void => {
  mkdirSync(site.spool, { recursive: true, mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", site.spool]);
  onTestFinished(() => void execFileSync("umount", ["-l", site.spool]));
};

const canMount = (): boolean => {
  if (!isRoot) return false;
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Records more than the disk takes; the application goes on, and says how often it could do its own work. */
const moreThanFits = `
tracelake.start();
let work = 0;
for (let n = 0; n < 300; n++) { issue({ characters: 30_000 }); work++; await pause(2); }
say({ work, stats: figures() });
await listen();
await tracelake.flush({ timeoutMillis: 60_000 });
say({ end: figures() });
await tracelake.shutdown();`;

const recordsOnAndRecovers = async (site: Site, sink: FaultySink, wrapper: readonly string[] = []): Promise<void> => {
  await sink.close();
  const app = startApp({ site, host: sink.url, durability: "journal", script: moreThanFits, wrapper });
  const { work, stats } = await app.hears("work");
  expect(work).toBe(300);
  expect(stats).toMatchObject({ accepted: 300 });
  await sink.open();
  app.tell();
  const { end } = await app.hears("end");
  expect(await app.ended).toMatchObject({ code: 0 });
  const { dropped, exported } = end as { readonly dropped: Record<string, number>; readonly exported: number };
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  await drain(sink, { site, host: sink.url, durability: "journal" });
  const verdict = judge(site, sink);
  expect(verdict).toMatchObject({ foreign: [], damaged: [], violations: [] });
  // What is missing is what was counted, and no more.
  expect(verdict.missingAccepted.length).toBeLessThanOrEqual(lost);
  expect(exported).toBeGreaterThan(0);
};

describe("F10: a disk that does not do as it is told", () => {
  test.runIf(canMount())("full: the application goes on, memory takes over, and what is lost is counted", async () => {
    const { site, sink } = await prepare();
    mount(site, "size=2m,mode=0700");
    await recordsOnAndRecovers(site, sink);
  });

  test.runIf(canMount())("read-only: the same", async () => {
    const { site, sink } = await prepare();
    mount(site, "ro,size=2m,mode=0700");
    await recordsOnAndRecovers(site, sink);
  });

  test("files that may not grow: the same, and no torn frame is taken for a good one", async () => {
    const { site, sink } = await prepare();
    await recordsOnAndRecovers(site, sink, ["prlimit", "--fsize=1000000"]);
  });

  test("a file where the spool should be: the same", async () => {
    const { site, sink } = await prepare();
    writeFileSync(site.spool, "");
    await recordsOnAndRecovers(site, sink);
  });

  test.runIf(isRoot)("a spool that others may write to is not used", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    mkdirSync(site.spool);
    chmodSync(site.spool, 0o777);
    const script = `tracelake.start(); for (let n = 0; n < 5; n++) issue(); await tracelake.shutdown({ timeoutMillis: 300 }); say({ stats: figures() });`;
    const { code, stderr } = await runApp({ site, host: sink.url, durability: "journal", script });
    expect(code).toBe(0);
    expect(site.spoolFiles()).toEqual([]);
    expect(stderr).toContain("[tracelake]");
  });

  test("no file handle left: the application goes on, and everything arrives when there are some again", async () => {
    const { site, sink } = await prepare();
    const script = `import { openSync, closeSync } from "node:fs";
      tracelake.start();
      const held = [];
      try { for (;;) held.push(openSync("/dev/null")); } catch (error) { say({ code: error.code }); }
      for (let n = 0; n < 50; n++) { issue(); await pause(5); }
      say({ stats: figures() });
      for (const handle of held) closeSync(handle);
      await allExported(50);`;
    const { code, said } = await runApp({
      site,
      host: sink.url,
      durability: "journal",
      script,
      wrapper: ["prlimit", "--nofile=400"],
    });
    expect(said[0]).toEqual({ code: "EMFILE" });
    expect(code).toBe(0);
    expectNothingLost(site, sink);
  });
});
