import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import {
  connectWorkspace,
  getTrace,
  linkTracesToRun,
  searchTraceSummaries,
  type Connection,
} from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runNode, runPython } from "./python.ts";
import { answered, scenarioFiles, type Recorded } from "./scenario.ts";

const token = "workspace-token";

let directory: string;
let server: LocalWorkspaceServer;
let connection: Connection;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
  server = await startLocalWorkspaceServer({ directory: join(directory, "workspace"), port: 0, token });
  connection = connectWorkspace({ host: server.url, token }, {});
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const python = async <T>(...args: readonly string[]): Promise<T> =>
  (await runPython(["use_runs.py", ...args], {
    cwd: directory,
    env: {
      DATABRICKS_HOST: server.url,
      DATABRICKS_TOKEN: token,
      MLFLOW_TRACKING_TOKEN: token,
      MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
    },
  })) as T;

interface Runs {
  readonly inside: string;
  readonly alone: string;
  readonly [field: string]: unknown;
}

describe("runs", () => {
  it.each([
    ["of an experiment that keeps its traces", ["/Shared/own-runs"]],
    ["of an experiment that is linked with a location", ["/Shared/linked-runs", "main.agents.runs"]],
  ])("%s keep metrics and traces, and evaluations", async (_, args) => {
    const result = await python<Runs>("runs", ...args);
    const { inside, alone } = result;
    expect(result).toMatchObject({
      run: { name: "nightly", status: "FINISHED", params: { model: "m", n: "3" }, team: "x" },
      score: 1,
      odd: ["nan", "-inf"],
      history: [
        [0, 0],
        [1, 0.5],
        [2, 1],
      ],
      traces: [[inside], [inside, alone].toSorted()],
      found: ["nightly"],
      changed: [expect.any(String), expect.stringContaining("Changing param values is not allowed")],
      metrics: { "is_short/mean": 0.5, "says/mean": 0.5 },
      logged: { "is_short/mean": 0.5, "says/mean": 0.5 },
      judged: [
        { is_short: [true, "CODE"], says: [true, "CODE"], expected_response: ["answer to a", "HUMAN"] },
        { is_short: [false, "CODE"], says: [false, "CODE"], expected_response: ["no", "HUMAN"] },
      ],
    });
  });
});

describe("traces that TypeScript wrote", () => {
  const location = "main.agents.spoken";
  let traceIds: readonly string[];

  beforeAll(async () => {
    const destination = { type: "unity-catalog", location, host: server.url, token };
    const env = { INTEROP_DESTINATION: JSON.stringify(destination) };
    ({ traceIds } = (await runNode(["record-trace.mjs", ...scenarioFiles], { cwd: directory, env })) as Recorded);
  });

  it("are evaluated by MLflow's client, whose feedback TypeScript reads", async () => {
    const { metrics, judged } = await python<{
      metrics: Record<string, number>;
      judged: Record<string, Record<string, [unknown, string]>>;
    }>("evaluate_traces", location, "/Shared/spoken");
    expect(metrics).toEqual({ "steps/mean": expect.closeTo(1 / 3) as number });
    expect(Object.keys(judged).sort()).toEqual([...traceIds].sort());
    const { info } = await getTrace(connection, { traceId: traceIds[0] ?? "" });
    expect(info.assessments).toMatchObject([{ kind: "feedback", name: "steps", value: 1, source: { type: "CODE" } }]);
  });

  it("are found by their session", async () => {
    const session = answered.trace.session ?? "";
    expect(await python("sessions", location)).toEqual({ [session]: [traceIds[0]] });
  });

  it("are linked from TypeScript to a run that MLflow's client made", async () => {
    const answer = await fetch(`${server.url}/api/2.0/mlflow/runs/search`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ experiment_ids: ["1", "2", "3"], filter: "run_name = 'nightly'" }),
    });
    const { runs } = (await answer.json()) as { runs: { info: { run_id: string } }[] };
    const runId = runs[0]?.info.run_id ?? "";
    await linkTracesToRun(connection, { traceIds: [traceIds[1] ?? ""], runId });
    const found: string[] = [];
    const search = { locations: [location], filter: `run_id = '${runId}'` };
    for await (const { traceId } of searchTraceSummaries(connection, search)) found.push(traceId);
    expect(found).toEqual([traceIds[1]]);
  });
});

describe("the registry of an MLflow server", () => {
  it("keeps versions, samples and filters of scorers", async () => {
    expect(await python("server_scorers")).toEqual({
      listed: [
        ["grounded", null, null],
        ["polite", null, null],
        ["safe", 0.5, "trace.status = 'OK'"],
      ],
      versions: [
        ["Is {{ outputs }} polite?", 1],
        ["Is {{ outputs }} very polite?", 2],
      ],
      first: "Is {{ outputs }} polite?",
      latest: "Is {{ outputs }} very polite?",
      missing: ["RestException", expect.stringContaining("Scorer with name 'none' not found for experiment")],
      wrong: [expect.any(String), expect.stringContaining("Invalid clause(s) in filter string")],
      updated: 0.25,
      stopped: 0,
      left: ["grounded", "safe"],
    });
  });
});
