import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { openRegistry, type ScorerRecord } from "@tracelake/monitor";
import { createExperiment, type Connection } from "@tracelake/workspace-client";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const safe: ScorerRecord = { type: "builtin", className: "Safety", name: "safe", isSessionLevel: false };
const polite: ScorerRecord = {
  type: "instructions",
  name: "polite",
  instructions: "Is {{ outputs }} polite?",
  model: "gateway:/judge",
  feedbackValueType: { type: "boolean" },
  isSessionLevel: false,
};

let directory: string;
let server: LocalWorkspaceServer;
let count = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-monitor-"));
  server = await startLocalWorkspaceServer({ directory, port: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const connectionOf = (service: "local" | "mlflow"): Connection => ({
  baseUrl: server.url,
  authorization: () => `Bearer ${server.token ?? ""}`,
  credentialSource: "the test",
  sqlWarehouseId: "local",
  service,
});

describe.each([
  ["Databricks", "local"],
  ["an MLflow server", "mlflow"],
] as const)("the registry over the interface of %s", (_, service) => {
  let connection: Connection;
  let experimentId: string;

  beforeEach(async () => {
    connection = connectionOf(service);
    count += 1;
    experimentId = await createExperiment(connection, { name: `/Shared/registry-${count}` });
  });

  it("keeps scorers, their versions and how much they see", async () => {
    const registry = await openRegistry({ connection, experimentId });
    expect(await registry.list()).toEqual([]);
    expect(await registry.register(safe)).toMatchObject({ record: safe, sampleRate: 0, version: 1 });
    await registry.register(polite);
    const started = await registry.setSampling("polite", { sampleRate: 0.5, filter: "trace.status = 'OK'" });
    expect(started).toMatchObject({ record: polite, sampleRate: 0.5, filter: "trace.status = 'OK'" });

    const changed = { ...polite, instructions: "Is {{ outputs }} very polite?" };
    expect(await registry.register(changed)).toMatchObject({ record: changed, sampleRate: 0.5, version: 2 });
    const rates = (await registry.list()).map(({ record, sampleRate }) => [record.name, sampleRate]);
    expect(Object.fromEntries(rates)).toEqual({ polite: 0.5, safe: 0 });
    expect(await registry.get("polite", 1)).toMatchObject({ record: polite, version: 1 });
    expect((await registry.versions("polite")).map(({ version }) => version)).toEqual([1, 2]);

    const unfiltered = await registry.setSampling("polite", { sampleRate: 1, filter: null });
    expect([unfiltered.sampleRate, unfiltered.filter]).toEqual([1, undefined]);
    await registry.delete("polite", 1);
    expect((await registry.versions("polite")).map(({ version }) => version)).toEqual([2]);
    await registry.delete("polite");
    expect((await registry.list()).map(({ record }) => record.name)).toEqual(["safe"]);
    expect(await registry.register(polite)).toMatchObject({ sampleRate: 0, version: 1 });
  });

  it("says which scorer is not there", async () => {
    const registry = await openRegistry({ connection, experimentId });
    await registry.register(safe);
    const missing = { code: "WORKSPACE_NOT_FOUND", message: expect.stringContaining('"lost"') as string };
    for (const work of [
      () => registry.get("lost"),
      () => registry.versions("lost"),
      () => registry.setSampling("lost", { sampleRate: 0 }),
      () => registry.delete("lost"),
    ]) {
      await expect(work()).rejects.toMatchObject(missing);
    }
    await expect(registry.get("safe", 7)).rejects.toMatchObject({
      code: "WORKSPACE_NOT_FOUND",
      message: expect.stringContaining('"safe", version 7') as string,
    });
  });

  it("refuses TypeScript code", async () => {
    const registry = await openRegistry({ connection, experimentId });
    await expect(registry.register({ type: "code", name: "short", isSessionLevel: false })).rejects.toMatchObject({
      code: "CONFIG_OPTION_INVALID",
      message: expect.stringMatching(/"short".*TypeScript code.*Python only.*runMonitor/) as string,
    });
    expect(await registry.list()).toEqual([]);
  });
});
