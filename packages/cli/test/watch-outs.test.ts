import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { connectWorkspace, createExperiment, getExperiment, linkedLocationOf } from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { temporaryDirectory } from "./filled-workspace.ts";
import { runCommand, type CommandResult } from "./run-command.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: LocalWorkspaceServer;
beforeAll(async () => {
  server = await startLocalWorkspaceServer({ directory: await temporaryDirectory(), port: 0 });
});
afterAll(() => server.close());

/** The command with the settings of somebody who works with a workspace somewhere. */
const run = (args: readonly string[], settings: NodeJS.ProcessEnv = {}): Promise<CommandResult> => {
  const given = {
    DATABRICKS_HOST: server.url,
    DATABRICKS_TOKEN: server.token,
    MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
    ...settings,
  };
  return runCommand(args, {
    env: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
};

const connection = () => connectWorkspace({ host: server.url, token: server.token ?? "", sqlWarehouseId: "local" }, {});

/** Leaves a trace in an experiment that is linked with no location. */
const traceIn = async (experimentId: string): Promise<void> => {
  const info = {
    trace_id: `tr-${"7".repeat(32)}`,
    trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: experimentId } },
    request_time: "2026-05-04T11:37:00Z",
    state: "OK",
  };
  const answer = await fetch(`${server.url}/api/3.0/mlflow/traces`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token ?? ""}` },
    body: JSON.stringify({ trace: { trace_info: info } }),
  });
  expect(answer.status).toBe(200);
};

describe("what the documentation tells to watch out for, against a workspace", () => {
  it("a missing warehouse is said before anything is made", async () => {
    const { exitCode, stderr } = await run(["link", "main.agents.first", "--experiment", "/Shared/first"], {
      MLFLOW_TRACING_SQL_WAREHOUSE_ID: undefined,
    });
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /Making the trace location main\.agents\.first needs a SQL warehouse: MLFLOW_TRACING_SQL_WAREHOUSE_ID is not set\. Set .*Nothing was created or changed/,
      ),
    ]);
    const missing = getExperiment(connection(), { experimentName: "/Shared/first" });
    await expect(missing).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
  });

  it("a warehouse that is not there is named", async () => {
    const { stderr } = await run(["link", "main.agents.first", "--experiment", "/Shared/first"], {
      MLFLOW_TRACING_SQL_WAREHOUSE_ID: "deleted",
    });
    expect(stderr).toMatch(/deleted.*Set MLFLOW_TRACING_SQL_WAREHOUSE_ID to a warehouse of this workspace/);
  });

  it.each(["main/agents", "main"])("a destination written as %j is told its two right forms", async (destination) => {
    for (const args of [["doctor"], ["traces", "search"]]) {
      const { exitCode, stdout, stderr } = await run(args, { MLFLOW_TRACING_DESTINATION: destination });
      expect(stdout + stderr).toContain(JSON.stringify(destination));
      expect(stdout + stderr).toMatch(/Write "catalog\.schema" or "catalog\.schema\.table_prefix"/);
      expect(exitCode).toBe(1);
    }
  });

  it("an experiment that holds traces is not linked any more", async () => {
    const experimentId = await createExperiment(connection(), { name: "/Shared/late" });
    await traceIn(experimentId);
    const { exitCode, stderr } = await run(["link", "main.agents.late", "--experiment", "/Shared/late"]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /The experiment \d+ cannot be linked with main\.agents\.late any more.*already contains traces.*linked before its first trace: use a new experiment/,
      ),
    ]);
    expect(linkedLocationOf(await getExperiment(connection(), { experimentId }))).toBeUndefined();
  });

  it("an experiment's name is a path of the workspace", async () => {
    const { stderr } = await run(["link", "main.agents.first", "--experiment", "shop"]);
    expect(stderr).toMatch(/absolute path of the workspace, such as "\/Shared\/support-agent"/);
  });

  it("a destination of two parts beside an experiment with a prefix is found by doctor", async () => {
    await run(["link", "main.agents.shop", "--experiment", "/Shared/shop"]);
    const { stdout, exitCode } = await run(["doctor"], {
      MLFLOW_EXPERIMENT_NAME: "/Shared/shop",
      MLFLOW_TRACING_DESTINATION: "main.agents",
    });
    expect(stdout).toMatch(/✗ location +traces go to main\.agents, but \/Shared\/shop reads main\.agents\.shop/);
    expect(stdout).toMatch(/✗ tables .*cannot be found\n\s+→ tracelake link main\.agents --experiment/);
    expect(exitCode).toBe(1);
  });
});
