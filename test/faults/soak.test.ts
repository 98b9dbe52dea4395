import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startApp } from "./harness/app.ts";
import { drain, expectNothingLost } from "./harness/judge.ts";
import { isNightly, prepare } from "./harness/test-site.ts";

const spans = 100_000;
const mebibyte = 1024;

const residentKibibytes = (pid: number): number =>
  Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
const openHandles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

describe.runIf(isNightly && process.platform === "linux")("F15: a long run", () => {
  test.each(["is well", "comes and goes"])(
    "of 100,000 spans loses and keeps nothing where the destination %s",
    async (state) => {
      const { site, sink } = await prepare();
      const startedAt = performance.now();
      // Well for six seconds, unwell for two.
      const isUnwell = (): boolean => state === "comes and goes" && (performance.now() - startedAt) % 8_000 > 6_000;
      sink.behave = () => (isUnwell() ? { status: 503 } : undefined);
      const options = { site, host: sink.url } as const;
      const app = startApp({
        ...options,
        script: `tracelake.start();
        let root;
        for (let n = 0; n < ${spans}; n++) {
          if (n % 50 === 0) { root?.end(); root = tracelake.startSpan({ name: "root", attributes: { "fault.id": "none" } }); }
          issue({ characters: n % 20 === 0 ? 200_000 : 2_000, parent: root });
          if (n % 10 === 9) await pause(5);
          if (n === 20_000) { globalThis.gc?.(); say({ warm: true }); }
        }
        root.end();
        globalThis.gc?.(); say({ recorded: true });
        await until(isSettled); say({ stats: figures() });`,
        nodeArguments: ["--expose-gc"],
      });
      await app.hears("warm");
      const pid = app.process.pid ?? 0;
      const [warm, warmHandles] = [residentKibibytes(pid), openHandles(pid)];
      await app.hears("recorded");
      const [grown, handles] = [residentKibibytes(pid), openHandles(pid)];
      expect(await app.ended).toMatchObject({ code: 0 });
      await drain(sink, options);
      sink.arrivals.spans.delete("none");
      expectNothingLost(site, sink);
      expect(site.spoolFiles()).toEqual([]);
      expect(grown - warm).toBeLessThan(64 * mebibyte);
      expect(Math.abs(handles - warmHandles)).toBeLessThanOrEqual(10);
      console.log(
        `F15 (${state}): RSS ${Math.round(warm / 1024)} MiB when warm, ${Math.round(grown / 1024)} MiB after ${spans} spans`,
      );
    },
  );
});
