import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { defineScorer, runMonitor, type MonitorCounts, type ScorerCore } from "@tracelake/monitor";
import {
  connectMlflowServer,
  connectRunningServer,
  createExperiment,
  type Connection,
} from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMlflowServer } from "./mlflow-server.ts";
import { runPython } from "./python.ts";

interface SeenJudgement {
  readonly trace_id: string;
  readonly name: string;
  readonly value: unknown;
  readonly rationale: string | null;
  readonly source_type: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Place {
  readonly connection: Connection;
  /** What MLflow's client needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

const localWorkspace = async (directory: string): Promise<Place> => {
  const server = await startLocalWorkspaceServer({ directory: join(directory, "workspace"), port: 0, token: "token" });
  return {
    connection: connectRunningServer(server),
    env: { DATABRICKS_HOST: server.url, DATABRICKS_TOKEN: "token", MLFLOW_TRACKING_URI: "databricks" },
    close: () => server.close(),
  };
};

const mlflowServer = async (directory: string): Promise<Place> => {
  const server = await startMlflowServer(directory);
  const env = { MLFLOW_TRACKING_URI: server.url };
  return { connection: connectMlflowServer(server.url, {}), env, close: server.close };
};

const answers = defineScorer("answers", ({ trace }) => trace?.spans.length === 1);

/** Gives a reason only while there are two turns. */
const turns: ScorerCore = {
  name: "turns",
  record: { type: "code", name: "turns", isSessionLevel: true },
  score: async ({ session = [] }) => {
    const reason = session.length === 2 ? { rationale: "There are two." } : {};
    return Promise.resolve({ type: "scored", feedbacks: [{ value: session.length, ...reason }] });
  },
};

describe.each([
  ["the local workspace", localWorkspace],
  ["an MLflow server", mlflowServer],
])("the monitor over traces that an experiment of %s keeps itself", (_, open) => {
  let directory: string;
  let place: Place;
  let experimentId: string;
  let traceIds: readonly string[];

  const python = (...args: readonly string[]): Promise<unknown> =>
    runPython(["use_sessions.py", ...args], { cwd: directory, env: place.env });
  const run = (): Promise<MonitorCounts> =>
    runMonitor({ connection: place.connection, experiment: { experimentId }, scorers: [answers, turns], once: true });
  const read = async (): Promise<readonly SeenJudgement[]> =>
    (await python("read", experimentId)) as readonly SeenJudgement[];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
    place = await open(directory);
    experimentId = await createExperiment(place.connection, { name: "/Shared/monitored" });
    traceIds = (await python("record", experimentId, "calm", "30", "2")) as readonly string[];
    await python("record", experimentId, "", "25", "1");
  }, 180_000);
  afterAll(async () => {
    await place.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("judges each trace and each session once", async () => {
    expect(await run()).toMatchObject({ scored: 4, failed: 0, rejected: 0, waiting: 0 });
    expect(await run()).toMatchObject({ scored: 0, alreadyScored: 4 });
    const found = await read();
    expect(found.filter(({ name }) => name === "answers")).toHaveLength(3);
    expect(found.filter(({ name }) => name === "turns")).toMatchObject([
      { trace_id: traceIds[0], value: 2, rationale: "There are two.", source_type: "CODE" },
    ]);
  });

  it("judges a session that goes on anew, in the same place", async () => {
    const [third] = (await python("record", experimentId, "calm", "10", "1")) as readonly string[];
    expect(await run()).toMatchObject({ scored: 2, alreadyScored: 3, failed: 0, rejected: 0 });
    expect(await run()).toMatchObject({ scored: 0, alreadyScored: 5 });
    const found = await read();
    expect(found.filter(({ name }) => name === "answers")).toHaveLength(4);
    const [judgement, ...others] = found.filter(({ name }) => name === "turns");
    expect(others).toEqual([]);
    expect(judgement).toMatchObject({
      trace_id: traceIds[0],
      value: 3,
      metadata: { "tracelake.scorer": "turns", "tracelake.part": "1/1", "tracelake.session.last_trace": third },
    });
    expect(judgement?.rationale ?? "").toBe("");
  });

  it("says what it says of a session where MLflow does, and marked as by MLflow", async () => {
    const found = (await python("judge", experimentId)) as readonly SeenJudgement[];
    const [ours, theirs] = ["turns", "their_turns"].map((wanted) => found.filter(({ name }) => name === wanted));
    expect(theirs).toHaveLength(1);
    expect(ours).toHaveLength(1);
    const told = ({ trace_id, value, metadata }: SeenJudgement) => [trace_id, value, metadata["mlflow.trace.session"]];
    expect(ours?.map(told)).toEqual(theirs?.map(told));
    expect(ours?.map(told)).toEqual([[traceIds[0], 3, "calm"]]);
  });
});
