import { gzipSync } from "node:zlib";
import { encodeExportResponse } from "@tracelake/wire";
import { describe, expect, test } from "vitest";
import { runApp } from "./harness/app.ts";
import { drain, expectNothingLost, judge } from "./harness/judge.ts";
import { prepare } from "./harness/test-site.ts";

const issueAndWait = (count: number): string => `
tracelake.start();
for (let n = 0; n < ${count}; n++) issue();
await allExported(${count});
say({ stats: figures() });`;

/** Where everything is taken, or given up for good. */
const issueAndStop = (count: number): string => `
tracelake.start();
for (let n = 0; n < ${count}; n++) issue();
await tracelake.shutdown({ timeoutMillis: 30_000 });
say({ stats: figures() });`;

/** Where the destination refuses, and somebody has to do something about it. */
const issueAndHold = (count: number): string => `
tracelake.start();
for (let n = 0; n < ${count}; n++) issue();
await until((now) => now.queued === 0 && now.destinations[0].health !== "well");
await tracelake.shutdown({ timeoutMillis: 300 });
say({ stats: figures() });`;

const dropped = (stats: unknown): number => {
  const { dropped: counts } = stats as { readonly dropped: Readonly<Record<string, number>> };
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
};

const statsOf = (said: readonly unknown[]): Readonly<Record<string, unknown>> =>
  (
    said.find((line) => typeof line === "object" && line !== null && "stats" in line) as {
      stats: Record<string, unknown>;
    }
  ).stats;

describe("F6: an answer that says to try again", () => {
  test.concurrent.each([408, 409, 425, 429, 499, 500, 502, 503, 504, 520, 522, 524])(
    "%i: the same process delivers everything",
    async (status) => {
      let left = 2;
      const { site, sink } = await prepare(({ isSpans }) => (isSpans && left-- > 0 ? { status } : undefined));
      const ending = await runApp({ site, host: sink.url, durability: "journal", script: issueAndWait(20) });
      expect(ending).toMatchObject({ code: 0 });
      expectNothingLost(site, sink);
    },
  );

  test("alternating with success: everything arrives", async () => {
    const statuses = [503, 200, 429, 200, 500, 200, 408, 200];
    let next = 0;
    const { site, sink } = await prepare(({ isSpans }) =>
      isSpans ? { status: statuses[next++ % statuses.length] ?? 200 } : undefined,
    );
    const script = `tracelake.start();
      for (let n = 0; n < 12; n++) { issue({ characters: 5_000 }); await tracelake.flush({ timeoutMillis: 200 }); }
      await allExported(12);`;
    expect(await runApp({ site, host: sink.url, durability: "journal", script })).toMatchObject({ code: 0 });
    expectNothingLost(site, sink);
  });

  test("after compression: spans and trace infos of every size arrive", async () => {
    const { site, sink } = await prepare();
    const script = `tracelake.start({ compression: "gzip" });
      for (const characters of [10, 500, 2_000, 50_000]) issue({ characters });
      await allExported(4);`;
    expect(await runApp({ site, host: sink.url, durability: "journal", script })).toMatchObject({
      code: 0,
      stderr: "",
    });
    expectNothingLost(site, sink);
  });

  test("to the trace info only: neither is lost", async () => {
    let left = 3;
    const { site, sink } = await prepare(({ isSpans }) => (!isSpans && left-- > 0 ? { status: 503 } : undefined));
    const script = `${issueAndWait(5)} await tracelake.shutdown({ timeoutMillis: 10_000 });`;
    expect(await runApp({ site, host: sink.url, durability: "journal", script })).toMatchObject({ code: 0 });
    await drain(sink, { site, host: sink.url, durability: "journal" });
    expectNothingLost(site, sink);
  });
});

describe("F6: an answer that somebody has to do something about", () => {
  test.concurrent.each([401, 403, 404, 431, 501, 505])(
    "%i: everything is kept, and delivered when it is put right",
    async (status) => {
      const { site, sink } = await prepare(() => ({ status, body: JSON.stringify({ message: "put me right" }) }));
      const options = { site, host: sink.url, durability: "journal" } as const;
      const { code, said, stderr } = await runApp({ ...options, script: issueAndHold(20) });
      expect(code).toBe(0);
      expect(statsOf(said)).toMatchObject({ accepted: 20, exported: 0, queued: 0, spooled: 20 });
      expect(stderr).toContain("[tracelake]");
      expect(stderr).not.toContain("faults-token");
      sink.behave = () => undefined;
      await drain(sink, options);
      expectNothingLost(site, sink);
    },
  );

  test.concurrent.each([301, 302, 307, 308])("%i: is never followed, as the token would be", async (status) => {
    const elsewhere = await prepare();
    const { site, sink } = await prepare(({ path }) => ({
      status,
      headers: { location: `${elsewhere.sink.url}${path}` },
    }));
    const options = { site, host: sink.url, durability: "journal" } as const;
    const { code, said } = await runApp({ ...options, script: issueAndHold(5) });
    expect(code).toBe(0);
    expect(statsOf(said)).toMatchObject({ exported: 0, spooled: 5 });
    expect(elsewhere.sink.requests).toEqual([]);
    sink.behave = () => undefined;
    await drain(sink, options);
    expectNothingLost(site, sink);
  });

  test.concurrent.each([406, 415])("%i to what is compressed: it is sent as it is", async (status) => {
    const { site, sink } = await prepare(({ headers, isSpans }) =>
      isSpans && headers["content-encoding"] !== undefined ? { status } : undefined,
    );
    const script = `tracelake.start({ compression: "gzip" }); for (let n = 0; n < 50; n++) issue({ characters: 2_000 });
      await allExported(50);`;
    expect(await runApp({ site, host: sink.url, durability: "journal", script })).toMatchObject({ code: 0 });
    expectNothingLost(site, sink);
    expect(sink.spanRequests.some(({ headers }) => headers["content-encoding"] === "gzip")).toBe(true);
  });
});

describe("F6: an answer that blames the data", () => {
  const poisoned = `
    tracelake.start();
    for (let n = 0; n < 40; n++) issue({ name: n === 17 ? "poison" : "work" });
    await until(isSettled);
    say({ stats: figures() });`;

  test.concurrent.each([400, 422])("%i: only the span that it is about is kept back", async (status) => {
    const { site, sink } = await prepare(({ isSpans, body }) =>
      isSpans && body.includes("poison") ? { status, body: `no ${body.length}` } : undefined,
    );
    const { code, said } = await runApp({ site, host: sink.url, durability: "journal", script: poisoned });
    expect(code).toBe(0);
    expect(statsOf(said)).toMatchObject({ accepted: 40, exported: 39, quarantined: 1 });
    const verdict = judge(site, sink);
    expect(verdict).toMatchObject({ arrived: 39, foreign: [], damaged: [], violations: [] });
    expect(verdict.missingAccepted).toHaveLength(1);
    expect(sink.spanRequests.length).toBeLessThanOrEqual(20);
  });

  const alone = "tracelake.start(); issue(); await until((now) => now.destinations[0].health !== 'well');";

  test.concurrent.each([
    ["", 40],
    [alone, 41],
  ])("400 to everything with one text: it is the table, and everything is kept (%#)", async (before, accepted) => {
    const { site, sink } = await prepare(({ isSpans }) =>
      isSpans ? { status: 400, body: JSON.stringify({ message: "column not found" }) } : undefined,
    );
    const options = { site, host: sink.url, durability: "journal" } as const;
    const { said } = await runApp({ ...options, script: `${before} ${issueAndHold(40)}` });
    expect(statsOf(said)).toMatchObject({ accepted, exported: 0, spooled: accepted });
    expect(dropped(statsOf(said))).toBe(0);
    sink.behave = () => undefined;
    await drain(sink, options);
    expectNothingLost(site, sink);
  });

  test.concurrent.each([
    ["two spans in one batch", "for (let n = 0; n < 40; n++) issue({ name: n % 20 === 10 ? 'poison' : 'work' });", 2],
    ["a span alone", "issue({ name: 'poison' });", 1],
  ])("400 with one text to %s: they are kept back as soon as others are taken", async (_, refused, quarantined) => {
    const { site, sink } = await prepare(({ isSpans, body }) =>
      isSpans && body.includes("poison") ? { status: 400, body: "no" } : undefined,
    );
    const script = `tracelake.start(); ${refused}
      // What is refused alone is kept back once something is taken after that, and not what was taken before.
      do { issue(); await tracelake.flush({ timeoutMillis: 1_000 }); } while (!isSettled(figures()));
      say({ stats: figures() });`;
    const { code, said } = await runApp({ site, host: sink.url, durability: "journal", script });
    expect(code).toBe(0);
    expect(statsOf(said)).toMatchObject({ quarantined, spooled: 0, queued: 0 });
    expect(dropped(statsOf(said))).toBe(0);
    const verdict = judge(site, sink);
    expect(verdict).toMatchObject({ foreign: [], damaged: [], violations: [] });
    expect(verdict.missingAccepted).toHaveLength(quarantined);
  });

  test("500 to one batch for ever: it is kept back, and the others arrive", async () => {
    const { site, sink } = await prepare(({ isSpans, body }) =>
      isSpans && body.includes("poison") ? { status: 500 } : undefined,
    );
    const options = { site, host: sink.url, durability: "journal" } as const;
    const script = `tracelake.start(); issue({ name: "poison" });
      for (let n = 0; n < 20; n++) { issue(); await tracelake.flush({ timeoutMillis: 500 }); }
      await until((now) => now.exported >= 20); say({ stats: figures() });`;
    const { code, said } = await runApp({ ...options, script });
    expect(code).toBe(0);
    expect(judge(site, sink)).toMatchObject({ foreign: [], damaged: [], violations: [] });
    expect(dropped(statsOf(said))).toBe(0);
  });
});

describe("F6: 413", () => {
  const limited =
    (limit: number) =>
    ({ isSpans, body }: { isSpans: boolean; body: Buffer }) =>
      isSpans && body.length > limit ? { status: 413 } : undefined;

  test("on what is too much together: it is sent in parts", async () => {
    const { site, sink } = await prepare(limited(64 * 1024));
    const script = `tracelake.start(); for (let n = 0; n < 100; n++) issue({ characters: 10_000 });
      await allExported(100); say({ stats: figures() });`;
    expect(await runApp({ site, host: sink.url, durability: "journal", script })).toMatchObject({ code: 0 });
    expectNothingLost(site, sink);
  });

  test("on a span that is too much alone: it is cut and marked, and its neighbours are whole", async () => {
    const { site, sink } = await prepare(limited(64 * 1024));
    const script = `tracelake.start();
      for (let n = 0; n < 20; n++) issue({ characters: n === 7 ? 300_000 : 1_000, name: n === 7 ? "giant" : "work" });
      await allExported(20); say({ stats: figures() });`;
    expect(await runApp({ site, host: sink.url, durability: "journal", script })).toMatchObject({ code: 0 });
    const verdict = judge(site, sink);
    expect(verdict).toMatchObject({ arrived: 20, foreign: [], missingAccepted: [], violations: [], withoutInfo: [] });
    expect(verdict.damaged).toHaveLength(1);
    const giant = sink.arrivals.spans.get(verdict.damaged[0] ?? "");
    expect(giant).toMatchObject({ name: "giant", isCut: true });
  });
});

describe("F7: a success that is none, or too much of one", () => {
  const protobuf = { "content-type": "application/x-protobuf" };
  const partial = (rejected: bigint, errorMessage: string) => ({
    status: 200,
    headers: protobuf,
    body: encodeExportResponse({ partialSuccess: { rejected, errorMessage } }),
  });

  test("rejected spans are counted, and sent no second time", async () => {
    const { site, sink } = await prepare(({ isSpans }) => (isSpans ? partial(1n, "bad values") : undefined));
    const { said, stderr } = await runApp({ site, host: sink.url, durability: "journal", script: issueAndStop(10) });
    const stats = statsOf(said);
    // One of each request; how many requests ten spans make depends on how busy the machine is.
    const rejected = sink.spanRequests.length;
    expect(stats).toMatchObject({ accepted: 10, exported: 10 - rejected, queued: 0, spooled: 0 });
    expect(dropped(stats) + Number(stats["quarantined"])).toBe(rejected);
    expect(stderr).toContain("[tracelake]");
    expect(judge(site, sink)).toMatchObject({ arrived: 10, duplicates: 0 });
  });

  test.each([
    ["a message and nothing rejected", partial(0n, "please use the new endpoint")],
    ["a body that cannot be read", { status: 200, headers: protobuf, body: Buffer.from("ffffffffff", "hex") }],
    ["an empty body", { status: 200, headers: protobuf }],
    ["a page of HTML", { status: 200, headers: { "content-type": "text/html" }, body: "<p>Sign in</p>" }],
  ])("%s is a success", async (_, answer) => {
    const { site, sink } = await prepare(({ isSpans }) => (isSpans ? answer : undefined));
    const { said } = await runApp({ site, host: sink.url, durability: "journal", script: issueAndStop(10) });
    expect(statsOf(said)).toMatchObject({ accepted: 10, exported: 10, queued: 0, spooled: 0 });
    expect(sink.spanRequests).toHaveLength(1);
    expectNothingLost(site, sink);
  });

  const measured = `${issueAndStop(10)} say({ peak: process.resourceUsage().maxRSS });`;
  const peakWith = async (behaviour?: Parameters<typeof prepare>[0]): Promise<number> => {
    const { site, sink } = await prepare(behaviour);
    const { said, code } = await runApp({ site, host: sink.url, durability: "journal", script: measured });
    expect(code).toBe(0);
    return Number((said.at(-1) as { readonly peak: number }).peak);
  };

  test("an endless answer, plain or compressed, does not fill the application's memory", async () => {
    const endless = Buffer.alloc(100 * 1024 * 1024);
    const bomb = gzipSync(endless);
    const usual = await peakWith();
    const plain = await peakWith(({ isSpans }) =>
      isSpans ? { status: 200, headers: protobuf, body: endless } : undefined,
    );
    const compressed = await peakWith(({ isSpans }) =>
      isSpans ? { status: 200, headers: { ...protobuf, "content-encoding": "gzip" }, body: bomb } : undefined,
    );
    // Kilobytes.
    expect(plain - usual).toBeLessThan(50_000);
    expect(compressed - usual).toBeLessThan(50_000);
  });
});

describe("F6: what arrives after a restart", () => {
  test("is what the former process could not send, and what the new one records, within its first moments", async () => {
    const { site, sink } = await prepare(() => ({ status: 503 }));
    const options = { site, host: sink.url, durability: "journal" } as const;
    await runApp({ ...options, script: issueAndHold(20) });
    sink.behave = () => undefined;
    await drain(sink, options, () => sink.arrivals.spans.size === 21);
    expectNothingLost(site, sink);
  });
});
