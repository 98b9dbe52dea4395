import { fork, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test, onTestFinished } from "vitest";
import {
  connectWorkspace,
  type Connection,
  type TraceAssessment,
  type TraceSummary,
} from "@tracelake/workspace-client";
import { allTraces, sendTraces } from "../support/monitored-workspace.ts";
import { isNightly, times } from "./harness/test-site.ts";

const token = "the-token";
const location = "main.shop.agent";
const leaseTable = "main.shop.monitor_leases";
const leaseMillis = 6_000;
const writeTimeoutMillis = 2_500;
const tracesAtOnce = 20;
const turnsOfSession = 8;
// Shorter than what lies between two turns on a busy machine, so that many are judged before they go on.
const sessionQuietMillis = 200;
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

/** How a workspace takes judgements: many in a request, all or nothing, or as Databricks does. */
type Writes = "many" | "single";

const startWorkspace = async (writes: Writes): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "tracelake-monitor-kills-"));
  const server = fork(harness("monitor-workspace.mjs"), [directory, token, writes]);
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
    const settings = { url, token, location, leaseTable, leaseMillis, writeTimeoutMillis, sessionQuietMillis };
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

/** Sends traces, each time a turn of as many sessions, until it is told to end. @returns how many there were. */
const produce = async (connection: Connection, isOver: () => boolean): Promise<number> => {
  let count = 0;
  for (let turn = 0; !isOver(); turn++) {
    const startMillis = Date.now() - 1_000;
    const batch = Array.from({ length: tracesAtOnce }, (_, index) => ({
      id: (++count).toString(16).padStart(32, "0"),
      startMillis,
      session: `session-${Math.floor(turn / turnsOfSession)}-${index}`,
    }));
    await sendTraces(connection, location, batch);
    await pause(150);
  }
  return count;
};

const expected = ["single", "twofold/first", "twofold/second"];

const isNewer = ({ createTime, lastUpdateTime }: TraceAssessment): boolean =>
  createTime !== undefined && lastUpdateTime !== undefined && lastUpdateTime > createTime;

/** What is there and what is not of judgements of whole sessions, each of all turns and in one place. */
const sessionJudgementsOf = (found: readonly TraceSummary[]) => {
  const names = new Set(found.flatMap(({ session }) => session ?? []));
  const sessions = [...names].map((name) => found.filter(({ session }) => session === name));
  const judged = sessions.map((turns) => ({
    turns: turns.length,
    given: turns.flatMap(({ assessments }) => assessments.filter(({ name }) => name === "turns")),
  }));
  return {
    sessions: judged.length,
    missing: judged.filter(({ turns, given }) => !given.some(({ value }) => value === turns)).length,
    doubled: judged.filter(({ given }) => given.length > 1).length,
    renewed: judged.filter(({ given }) => given.some(isNewer)).length,
  };
};

const judgementsOf = async (connection: Connection) => {
  const found = await allTraces(connection, location);
  const names = found.map(({ assessments }) => assessments.map(({ name }) => name).sort());
  const { sessions, missing, doubled, renewed } = sessionJudgementsOf(found);
  return {
    traces: found.length,
    sessions,
    renewed,
    missing: missing + names.filter((given) => expected.some((name) => !given.includes(name))).length,
    doubled: doubled + names.filter((given) => new Set(given).size !== given.length).length,
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

test.each<Writes>(["many", "single"])(
  "F9: workers that are killed at any moment leave no trace or session without its judgements, and none with two; %s written at once",
  async (writes) => {
    const seed = Number(process.env["TRACELAKE_SEED"] ?? Date.now() % 1_000_000);
    const random = seededRandom(seed);
    const url = await startWorkspace(writes);
    const connection = connectWorkspace({ host: url, token, sqlWarehouseId: "local" }, {});
    await sendTraces(connection, location, [{ id: "f".repeat(32), startMillis: Date.now() - 1_000 }]);
    const workers = startWorkers(url);
    const kills = times(25, 100);
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
      `F9: ${writes} written at once, seed ${seed}, ${kills} kills, ${sent} traces in ${judgements.sessions} sessions, ${judgements.renewed} of them judged again, ${judgements.missing} missing, ${judgements.doubled} doubled`,
    );
    expect(judgements, `TRACELAKE_SEED=${seed}`).toMatchObject({ traces: sent, missing: 0, doubled: 0 });
    expect(judgements.renewed).toBeGreaterThan(0);
    expect(workers.ended).toEqual([]);
  },
  isNightly ? 3_600_000 : 600_000,
);
