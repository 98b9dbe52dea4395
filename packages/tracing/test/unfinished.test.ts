import { watchUnfinished, type GiveUpReason } from "@tracelake/tracing";
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";

const program = (rest: string) => `
  import { watchUnfinished } from "./packages/tracing/src/index.ts";
  process.on("exit", () => console.log("an exporter's own listener"));
  watchUnfinished((reason) => console.log("gave up:", reason), 60_000);
  watchUnfinished(() => console.log("never"), 60_000).done();
  ${rest}`;

const run = async (rest: string): Promise<string> => {
  const flags = ["--import", "tsx", "--input-type=module", "--eval", program(rest)];
  return (await promisify(execFile)(process.execPath, flags)).stdout;
};

describe("unfinished work", () => {
  it("is given up when nobody is busy with it for a while, and not before", async () => {
    const reasons = await new Promise<GiveUpReason[]>((resolve) => {
      const given: GiveUpReason[] = [];
      watchUnfinished((reason) => given.push(reason), 20);
      const idle = watchUnfinished((reason) => resolve([...given, reason]), 40);
      idle.isBusy = false;
    });
    expect(reasons).toEqual(["idle"]);
  });

  it("is not given up while somebody comes back to it, however short each visit is", async () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const reasons: GiveUpReason[] = [];
    const work = watchUnfinished((reason) => reasons.push(reason), 40);
    for (let visit = 0; visit < 4; visit++) {
      work.isBusy = true;
      work.isBusy = false;
      await sleep(60);
      now += 30;
      await sleep(60);
    }
    vi.restoreAllMocks();
    work.done();
    expect(reasons).toEqual([]);
  });

  it("is watched also where the global timers are a browser's", async () => {
    vi.stubGlobal("setInterval", () => 1);
    vi.resetModules();
    const { watchUnfinished: watch } = await import("@tracelake/tracing");
    vi.unstubAllGlobals();
    const reason = await new Promise<GiveUpReason>((resolve) => {
      watch(resolve, 20).isBusy = false;
    });
    expect(reason).toBe("idle");
  });

  it.each(["", "process.exit(0)", "setTimeout(() => process.exit(0), 60_000).unref()"])(
    "is given up before exporters look at the end of the process for the last time: %s",
    async (rest) => {
      expect(await run(rest)).toBe("gave up: exit\nan exporter's own listener\n");
    },
  );
});
