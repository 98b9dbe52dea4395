import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import {
  defineScorer,
  deleteScorer,
  getScorer,
  guidelines,
  listScorers,
  makeJudge,
  safety,
  setDatabricksMonitoringSqlWarehouseId,
} from "@tracelake/monitor";
import {
  connectRunningServer,
  connectWorkspace,
  createExperiment,
  getExperiment,
  setExperiment,
  type Connection,
} from "@tracelake/workspace-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { withServer } from "../../../test/support/recorded-workspace.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let directory: string;
let server: LocalWorkspaceServer;
let connection: Connection;
let experimentId: string;
let count = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-monitor-"));
  server = await startLocalWorkspaceServer({ directory, port: 0 });
  connection = connectRunningServer(server);
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  count += 1;
  experimentId = await createExperiment(connection, { name: `/Shared/life-${count}` });
});
afterEach(() => vi.unstubAllEnvs());

describe("a scorer", () => {
  it("is registered, started, changed, stopped and started again, each time as a new object", async () => {
    const registered = await safety().register({ name: "production_safety", connection, experimentId });
    expect(registered).toMatchObject({ name: "production_safety", experimentId, sampleRate: 0, version: 1 });
    const started = await registered.start({ sampleRate: 0.5, filter: "trace.status = 'OK'" });
    expect(started).toMatchObject({ sampleRate: 0.5, filter: "trace.status = 'OK'" });
    expect(registered.sampleRate).toBe(0);
    const more = await started.update({ sampleRate: 0.75 });
    expect([more.sampleRate, more.filter]).toEqual([0.75, "trace.status = 'OK'"]);
    const all = await started.update({ filter: null });
    expect([all.sampleRate, all.filter]).toEqual([0.75, undefined]);
    const stopped = await all.stop();
    expect(stopped.sampleRate).toBe(0);
    expect((await stopped.start()).sampleRate).toBe(1);
    const [listed, ...others] = await listScorers({ connection, experimentId });
    expect(others).toEqual([]);
    expect(listed).toMatchObject({
      name: "production_safety",
      record: { type: "builtin", className: "Safety", name: "production_safety", isSessionLevel: false },
      sampleRate: 1,
      version: 1,
    });
    expect(await getScorer({ name: "production_safety", connection, experimentId })).toMatchObject({ sampleRate: 1 });
    await deleteScorer({ name: "production_safety", connection, experimentId });
    expect(await listScorers({ connection, experimentId })).toEqual([]);
  });

  it("is registered under its own name where none is given, and goes on with a new version", async () => {
    const first = await guidelines({ guidelines: "Be polite." }).register({ connection, experimentId });
    await first.start({ sampleRate: 0.5 });
    const second = await guidelines({ guidelines: ["Be polite.", "Be short."] }).register({ connection, experimentId });
    expect(second).toMatchObject({
      name: "guidelines",
      version: 2,
      sampleRate: 0.5,
      record: { guidelines: ["Be polite.", "Be short."] },
    });
  });

  it("refuses, before anybody is asked, what could only be refused", async () => {
    const registered = await safety().register({ connection, experimentId });
    const refused = { code: "CONFIG_OPTION_INVALID" };
    await expect(registered.start({ sampleRate: 0 })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(".stop()") as string,
    });
    for (const sampleRate of [-0.1, 1.1, Number.NaN]) {
      await expect(registered.start({ sampleRate })).rejects.toMatchObject(refused);
      await expect(registered.update({ sampleRate })).rejects.toMatchObject(refused);
    }
    await expect(registered.start({ filter: "trace.status = 'OK' OR trace.status = 'ERROR'" })).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/AND only: register a second scorer/) as string,
    });
    await expect(registered.start({ filter: "trace.status = OK" })).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/quoted string.*single quotes.*backticks/) as string,
    });
    await expect(
      defineScorer("short", ({ outputs }) => JSON.stringify(outputs).length < 100).register({
        connection,
        experimentId,
      }),
    ).rejects.toMatchObject({ ...refused, message: expect.stringContaining("Python only") as string });
    expect((await listScorers({ connection, experimentId })).map(({ sampleRate }) => sampleRate)).toEqual([0]);
  });

  it("finds no room where there are twenty, and goes on where it is one of them", async () => {
    for (let index = 0; index < 20; index += 1) {
      await safety().register({ name: `safety_${index}`, connection, experimentId });
    }
    await expect(safety().register({ connection, experimentId })).rejects.toMatchObject({
      code: "CONFIG_OPTION_INVALID",
      message: expect.stringMatching(/"safety" cannot be registered.*has 20 scorers/) as string,
    });
    expect((await safety().register({ name: "safety_7", connection, experimentId })).name).toBe("safety_7");
  });

  it("is kept with others that are registered at the same time", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `judge_${index}`);
    await Promise.all(
      names.map(async (name) => {
        const judge = makeJudge({ name, instructions: "Is {{ outputs }} good?" });
        await (await judge.register({ connection, experimentId })).start({ sampleRate: 0.5 });
      }),
    );
    const listed = await listScorers({ connection, experimentId });
    expect(Object.fromEntries(listed.map(({ name, sampleRate }) => [name, sampleRate]))).toEqual(
      Object.fromEntries(names.map((name) => [name, 0.5])),
    );
  });
});

describe("the warehouse of an experiment in Unity Catalog", () => {
  const linked = async (name: string): Promise<string> => {
    const options = { name, traceLocation: "main.monitored", sqlWarehouseId: "local" };
    return (await setExperiment(connection, options)).experiment_id;
  };
  const tagOf = async (id: string): Promise<string | undefined> =>
    (await getExperiment(connection, { experimentId: id })).tags.find(
      ({ key }) => key === "mlflow.monitoring.sqlWarehouseId",
    )?.value;

  it("has to be named before a scorer is started", async () => {
    const id = await linked("/Shared/without-warehouse");
    const { sqlWarehouseId: _, ...bare } = connection;
    const registered = await safety().register({ connection: bare, experimentId: id });
    await expect(registered.start()).rejects.toMatchObject({
      code: "CONFIG_WAREHOUSE_MISSING",
      message: expect.stringMatching(/main\.monitored.*setDatabricksMonitoringSqlWarehouseId/) as string,
    });
    await setDatabricksMonitoringSqlWarehouseId({ sqlWarehouseId: "w1", connection: bare, experimentId: id });
    expect((await registered.start()).sampleRate).toBe(1);
    expect(await tagOf(id)).toBe("w1");
  });

  it("is the connection's where the experiment names none", async () => {
    const id = await linked("/Shared/with-warehouse");
    await (await safety().register({ connection, experimentId: id })).start();
    expect(await tagOf(id)).toBe("local");
  });

  it("is nothing that an MLflow server knows", async () => {
    await expect(
      setDatabricksMonitoringSqlWarehouseId({
        sqlWarehouseId: "w1",
        connection: { ...connection, service: "mlflow" },
        experimentId,
      }),
    ).rejects.toMatchObject({ code: "CONFIG_OPTION_INVALID" });
  });
});

describe("without a connection", () => {
  const onlyFrom = (environment: Record<string, string | undefined>): void => {
    for (const name of [
      "DATABRICKS_HOST",
      "DATABRICKS_TOKEN",
      "MLFLOW_TRACKING_URI",
      "MLFLOW_TRACING_DESTINATION",
      "MLFLOW_EXPERIMENT_ID",
      "MLFLOW_EXPERIMENT_NAME",
      "TRACELAKE_DIRECTORY",
    ]) {
      vi.stubEnv(name, environment[name]);
    }
  };

  it("the local workspace is asked, for the experiment of the traces that need no setting", async () => {
    onlyFrom({ TRACELAKE_DIRECTORY: directory });
    const registered = await (await safety().register()).start();
    expect(registered.sampleRate).toBe(1);
    const experiment = await getExperiment(connection, { experimentId: registered.experimentId });
    expect(experiment.name).toBe("/Shared/local");
    expect((await listScorers()).map(({ name }) => name)).toEqual(["safety"]);
  });

  it("the workspace and the experiment of the environment are asked", async () => {
    onlyFrom({
      DATABRICKS_HOST: server.url,
      DATABRICKS_TOKEN: server.token,
      MLFLOW_EXPERIMENT_NAME: `/Shared/life-${count}`,
    });
    expect(await safety().register()).toMatchObject({ experimentId });
    onlyFrom({ DATABRICKS_HOST: server.url, DATABRICKS_TOKEN: server.token });
    expect((await listScorers({ experimentId })).map(({ name }) => name)).toEqual(["safety"]);
  });

  it("no experiment is assumed in a Databricks workspace, also behind an address of this machine", async () => {
    await withServer({}, async ({ url, seen }) => {
      onlyFrom({ DATABRICKS_HOST: url, DATABRICKS_TOKEN: "t", TRACELAKE_DIRECTORY: directory });
      await expect(listScorers({ connection: connectWorkspace() })).rejects.toMatchObject({
        code: "CONFIG_DESTINATION_MISSING",
      });
      expect(seen).toEqual([]);
    });
  });

  it("says what to run where nobody serves the local workspace", async () => {
    onlyFrom({ TRACELAKE_DIRECTORY: join(directory, "nowhere") });
    await expect(listScorers()).rejects.toMatchObject({
      code: "LOCAL_WORKSPACE_FAILED",
      message: expect.stringMatching(/no server has .*nowhere" open\. Run `npx tracelake dev`/) as string,
    });
  });
});

describe("a Databricks workspace", () => {
  it("is not asked to run a judge of somebody else", async () => {
    await withServer({}, async ({ url, seen }) => {
      const workspace: Connection = { ...connection, baseUrl: url, service: "databricks" };
      await expect(
        safety({ model: "openai:/gpt-4.1-mini" }).register({ connection: workspace, experimentId: "7" }),
      ).rejects.toMatchObject({
        code: "CONFIG_OPTION_INVALID",
        message: expect.stringMatching(/openai:\/gpt-4\.1-mini.*databricks:\/my-endpoint/) as string,
      });
      expect(seen).toEqual([]);
    });
  });
});

describe("an MLflow server", () => {
  it("runs judges of its gateway only, and is told so before it is asked", async () => {
    const mlflow: Connection = { ...connection, service: "mlflow" };
    const registered = await safety({ model: "openai:/gpt-4.1-mini" }).register({ connection: mlflow, experimentId });
    await expect(registered.start()).rejects.toMatchObject({
      code: "CONFIG_OPTION_INVALID",
      message: expect.stringMatching(/its model is "openai:\/gpt-4\.1-mini".*gateway:\/<endpoint>/) as string,
    });
    await expect(
      makeJudge({ name: "good", instructions: "Is {{ outputs }} good?" }).register({
        connection: mlflow,
        experimentId,
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining("names no judge") as string });
  });
});
