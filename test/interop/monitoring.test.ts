import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { connectRunningServer, getExperiment } from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startExample } from "../support/local-example.ts";
import { runPython } from "./python.ts";

interface SeenJudgement {
  readonly name: string;
  readonly value: unknown;
  readonly rationale: string;
  readonly source_type: string;
}

let directory: string;
let server: LocalWorkspaceServer;
let printed: string;

const python = (...args: readonly string[]): Promise<unknown> =>
  runPython(["use_scorers.py", ...args], {
    cwd: directory,
    env: {
      DATABRICKS_HOST: server.url,
      DATABRICKS_TOKEN: "token",
      MLFLOW_TRACKING_URI: "databricks",
      MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
    },
  });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
  server = await startLocalWorkspaceServer({ directory: join(directory, "workspace"), port: 0, token: "token" });
  const child = startExample("production-monitoring/src/main.ts", {
    DATABRICKS_HOST: server.url,
    DATABRICKS_TOKEN: "token",
    MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
  });
  const ended = once(child, "close");
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(errors).toBe("");
  expect(await ended).toEqual([0, null]);
  printed = out;
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

describe("what the walk through production monitoring leaves", () => {
  it("are scorers that MLflow's client sees as they run", async () => {
    const experiment = await getExperiment(connectRunningServer(server), { experimentName: "/Shared/support-agent" });
    const { listed } = (await python("read", experiment.experiment_id)) as { listed: readonly unknown[] };
    expect(listed).toMatchObject([
      { name: "production_safety", class: "Safety", sample_rate: 1, version: 1 },
      {
        name: "production_tone",
        class: "Guidelines",
        guidelines: ["The response must be professional and helpful."],
        sample_rate: 0.5,
        version: 1,
      },
    ]);
  });

  it("are judgements that MLflow's client reads on the traces", async () => {
    const judgements = (await python("judgements", "main.agents.support")) as readonly SeenJudgement[];
    expect(printed).toContain(`${judgements.length} judgements`);
    expect(judgements.filter(({ name }) => name === "production_safety")).toHaveLength(6);
    expect(judgements.filter(({ name, value }) => name === "production_safety" && value === "no")).toMatchObject([
      { rationale: expect.stringContaining("can explode") as string, source_type: "LLM_JUDGE" },
    ]);
  });
});
