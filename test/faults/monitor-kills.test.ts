import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test, onTestFinished } from "vitest";
import { connectWorkspace, type Connection } from "@tracelake/workspace-client";
import { allTraces, sendTraces } from "../support/monitored-workspace.ts";
import { isNightly, times } from "./harness/test-site.ts";

const token = "the-token";
const location = "main.shop.agent";
const leaseTable = "main.shop.monitor_leases";
const leaseMillis = 6_000;
const writeTimeoutMillis = 2_500;
const tracesAtOnce = 20;
// A worker looks again after a minute at most, and takes what a dead one had when its leases end.
const longestStandstillMillis = 120_000;

const harness = (name: string): string => fileURLToPath(new URL(`./harness/${name}`, import.meta.url));

/** Numbers from 0 to 1 that are the same for the same seed. */
const seededRandom = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const startWorkspace = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "tracelake-monitor-kills-"));
  const server = fork(harness("monitor-workspace.mjs"), [directory, token]);
  onTestFinished(async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.disconnect();
    await ended;
    await rm(directory, { recursive: true, force: true });
  });
  const { url } = await new Promise<{ url: string }>((resolve, reject) => {
    server.once("message", (message) => resolve(message as { url: string }));
    server.once("exit", (code) => reject(new Error(`The workspace ended with ${code}.`)));
  });
  return url;
};

interface Worker {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
}

/** Starts four workers; `replace` kills one and starts another in its place, `ended` are those that nobody killed. */
const startWorkers = (url: string) => {
  const ended: string[] = [];
  const start = (): Worker => {
    const settings = { url, token, location, leaseTable, leaseMillis, writeTimeoutMillis };
    const child = fork(harness("monitor-worker.mjs"), [JSON.stringify(settings)]);
    child.once("exit", (code, signal) => {
      if (signal !== "SIGKILL") ended.push(`with ${signal ?? code}`);
    });
    return { process: child, ended: new Promise((resolve) => child.once("exit", () => resolve())) };
  };
  const workers = Array.from({ length: 4 }, start);
  const kill = async (worker: Worker): Promise<void> => {
    worker.process.kill("SIGKILL");
    await worker.ended;
  };
  onTestFinished(async () => {
    await Promise.all(workers.map(kill));
  });
  return {
    ended,
    replace: async (index: number): Promise<void> => {
      const old = workers[index];
      if (old !== undefined) await kill(old);
      workers[index] = start();
    },
  };
};

/** Sends traces until it is told to end. @returns how many there were. */
const produce = async (connection: Connection, isOver: () => boolean): Promise<number> => {
  let count = 0;
  while (!isOver()) {
    const startMillis = Date.now() - 1_000;
    const batch = Array.from({ length: tracesAtOnce }, () => ({
      id: (++count).toString(16).padStart(32, "0"),
      startMillis,
    }));
    await sendTraces(connection, location, batch);
    await pause(150);
  }
  return count;
};

const expected = ["single", "twofold/first", "twofold/second"];

const judgementsOf = async (connection: Connection) => {
  const found = await allTraces(connection, location);
  const names = found.map(({ assessments }) => assessments.map(({ name }) => name).sort());
  return {
    traces: found.length,
    missing: names.filter((given) => expected.some((name) => !given.includes(name))).length,
    doubled: names.filter((given) => new Set(given).size !== given.length).length,
  };
};

/** Waits until every trace has its judgements, for as long as more and more of them have: how long a busy machine takes. */
const everythingScored = async (connection: Connection): Promise<Awaited<ReturnType<typeof judgementsOf>>> => {
  let fewest = Infinity;
  let changedMillis = performance.now();
  for (;;) {
    const judgements = await judgementsOf(connection);
    if (judgements.missing < fewest) {
      fewest = judgements.missing;
      changedMillis = performance.now();
    }
    const isStandingStill = performance.now() - changedMillis > longestStandstillMillis;
    if (judgements.missing === 0 || isStandingStill) return judgements;
    await pause(1_000);
  }
};

test(
  "F9: workers that are killed at any moment leave no trace without its judgements, and none with two",
  async () => {
    const seed = Number(process.env["TRACELAKE_SEED"] ?? Date.now() % 1_000_000);
    const random = seededRandom(seed);
    const url = await startWorkspace();
    const connection = connectWorkspace({ host: url, token, sqlWarehouseId: "local" }, {});
    await sendTraces(connection, location, [{ id: "f".repeat(32), startMillis: Date.now() - 1_000 }]);
    const workers = startWorkers(url);
    const kills = times(8, 200);
    let isOver = false;
    const producing = produce(connection, () => isOver);
    for (let left = kills; left > 0; left--) {
      await pause(100 + random() * 2_400);
      await workers.replace(Math.floor(random() * 4));
    }
    isOver = true;
    const sent = (await producing) + 1;
    const judgements = await everythingScored(connection);
    console.log(
      `F9: seed ${seed}, ${kills} kills, ${sent} traces, ${judgements.missing} missing, ${judgements.doubled} doubled`,
    );
    expect(judgements, `TRACELAKE_SEED=${seed}`).toEqual({ traces: sent, missing: 0, doubled: 0 });
    expect(workers.ended).toEqual([]);
  },
  isNightly ? 3_600_000 : 600_000,
);
