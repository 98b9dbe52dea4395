import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { runApp, startApp } from "./harness/app.ts";
import { drain, drainDurable, expectDurableKept, expectNothingLost } from "./harness/judge.ts";
import { prepare } from "./harness/test-site.ts";

describe("F18: several processes and threads on one spool", () => {
  test("a process and its forks lose nothing", async () => {
    const { site, sink } = await prepare();
    const options = { site, host: sink.url, durability: "journal" } as const;
    const ending = await runApp({
      ...options,
      script: `import { fork } from "node:child_process"; import { once } from "node:events";
        tracelake.start();
        for (let n = 0; n < 50; n++) issue();
        if (process.argv[2] !== "child") {
          const children = [1, 2, 3].map(() => fork(process.argv[1], ["child"]));
          for (let n = 0; n < 50; n++) issue();
          await Promise.all(children.map((child) => once(child, "exit")));
        } else process.disconnect();`,
    });
    expect(ending).toMatchObject({ code: 0 });
    await drain(sink, options);
    expect(expectNothingLost(site, sink).issued).toBe(100 + 150 + 1);
    expect(site.spoolFiles()).toEqual([]);
  });

  test("a cluster whose workers are replaced one after the other, with the destination away, loses nothing", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    const options = { site, host: sink.url } as const;
    const ending = await runApp({
      ...options,
      script: `import cluster from "node:cluster"; import { once } from "node:events";
        if (cluster.isPrimary) {
          for (let round = 0; round < 2; round++) {
            const workers = [1, 2, 3, 4].map(() => cluster.fork());
            await Promise.all(workers.map((worker) => once(worker, "message")));
            for (const worker of workers) { worker.kill("SIGTERM"); await once(worker, "exit"); }
          }
        } else {
          tracelake.start();
          for (let n = 0; n < 25; n++) issue();
          process.send("recorded");
        }`,
    });
    expect(ending).toMatchObject({ code: 0 });
    await sink.open();
    await drain(sink, options);
    expect(expectNothingLost(site, sink).issued).toBe(8 * 25 + 1);
    expect(site.spoolFiles()).toEqual([]);
  });

  const threads = (ending: string) => `
    import { Worker, isMainThread, parentPort } from "node:worker_threads"; import { once } from "node:events";
    tracelake.start();
    if (isMainThread) {
      const workers = [1, 2, 3, 4].map(() => new Worker(process.argv[1]));
      const events = workers.map((worker) => once(worker, ${ending === "" ? '"exit"' : '"message"'}));
      for (let n = 0; n < 25; n++) issue();
      await Promise.all(events);
      ${ending}
    } else {
      for (let n = 0; n < 25; n++) issue();
      ${ending === "" ? "" : `await until((now) => now.queued === 0); noteDurable(); parentPort.postMessage("durable"); await listen();`}
    }`;

  test("threads that end by themselves lose nothing", async () => {
    const { site, sink } = await prepare();
    const options = { site, host: sink.url } as const;
    expect(await runApp({ ...options, script: threads("") })).toMatchObject({ code: 0 });
    await drain(sink, options);
    expect(expectNothingLost(site, sink).issued).toBe(5 * 25 + 1);
  });

  test("threads that the main one takes with it lose nothing that was on disk", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    const options = { site, host: sink.url, durability: "journal" } as const;
    expect(await runApp({ ...options, script: threads("process.exit(0);") })).toMatchObject({ code: 0 });
    await sink.open();
    await drainDurable(sink, options);
    expect(expectDurableKept(site, sink).durable).toBeGreaterThanOrEqual(100);
  });

  test("a spool is taken over once, where many start at the same time", async () => {
    const { site, sink } = await prepare();
    await sink.close();
    const options = { site, host: sink.url, durability: "journal" } as const;
    const leave = `tracelake.start(); for (let n = 0; n < 20; n++) issue(); await tracelake.shutdown({ timeoutMillis: 300 });`;
    await Promise.all([1, 2, 3].map(() => runApp({ ...options, script: leave })));
    await sink.open();
    const successors = [1, 2, 3, 4].map(() =>
      startApp({
        ...options,
        script: `tracelake.start(); issue(); say({ started: true }); await listen(); await tracelake.shutdown();`,
      }),
    );
    await sink.until(() => sink.arrivals.spans.size === 3 * 20 + 4);
    for (const app of successors) app.tell();
    for (const app of successors) expect(await app.ended).toMatchObject({ code: 0 });
    const verdict = expectNothingLost(site, sink);
    expect(verdict.duplicates).toBe(0);
    expect(site.spoolFiles()).toEqual([]);
  });

  const canUnshare = (): boolean => {
    try {
      execFileSync("unshare", ["--pid", "--fork", "--mount-proc", "true"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };

  test.runIf(canUnshare())(
    "processes in containers of their own, which have the same ids, share a volume without loss",
    async () => {
      const { site, sink } = await prepare();
      await sink.close();
      const options = { site, host: sink.url, durability: "journal" } as const;
      const script = `tracelake.start(); for (let n = 0; n < 20; n++) issue();
        await until((now) => now.queued === 0); say({ id: process.pid }); await listen(); issue(); await allExported(21);`;
      const wrapper = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
      const contained = [1, 2].map(() => startApp({ ...options, wrapper, script }));
      const ids = await Promise.all(contained.map((app) => app.hears("id")));
      expect(ids[0]).toEqual(ids[1]);
      await sink.open();
      // To somebody outside neither is a process, and yet both are alive and go on writing.
      const outside = await runApp({ ...options, script: `tracelake.start(); issue(); await tracelake.flush();` });
      expect(outside).toMatchObject({ code: 0 });
      for (const app of contained) app.tell();
      for (const app of contained) expect(await app.ended).toMatchObject({ code: 0 });
      expect(expectNothingLost(site, sink).duplicates).toBe(0);
    },
  );
});
