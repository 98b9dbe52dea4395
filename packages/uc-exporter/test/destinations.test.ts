import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withSpan } from "@tracelake/uc-exporter";
import { afterEach, beforeEach, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { createSinks } from "../src/create-pipeline.ts";
import { recordTo } from "./fresh-start.ts";
import { startRecordingServer } from "./recording-server.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-destinations-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("a pipeline that often changes its destination keeps the counts of former ones, and nothing else", async () => {
  const { pipeline } = recordTo({ type: "local", directory });
  const collected = new Set<number>();
  const registry = new FinalizationRegistry<number>((n) => collected.add(n));
  for (let n = 0; n < 20; n++) {
    const sinks = createSinks({ type: "local", directory: join(directory, String(n)) });
    for (const sink of sinks) registry.register(sink, n);
    pipeline.setSinks(sinks);
    withSpan({ name: "work" }, () => n);
  }
  await pipeline.flush();
  await collectGarbageUntil(() => collected.size >= 18);
  expect(collected.size).toBeGreaterThanOrEqual(18);
  expect(pipeline.stats()).toMatchObject({ accepted: 20, spooled: 20, queued: 0, traceInfos: { accepted: 20 } });
  await pipeline.shutdown();
});

it("an experiment of an MLflow server can be named, and is looked up when the first spans wait", async () => {
  const experiment = {
    experiment_id: "7",
    name: "support",
    lifecycle_stage: "active",
    artifact_location: "",
    tags: [],
  };
  const server = await startRecordingServer(() => ({ status: 200, body: JSON.stringify({ experiment }) }));
  const { pipeline } = recordTo({ type: "mlflow", trackingUri: server.url, experimentName: "support" });
  withSpan({ name: "work" }, () => 1);
  expect(await pipeline.flush()).toEqual({ exported: 1, durable: 0, dropped: 0 });
  await pipeline.shutdown();
  await server.close();
  expect(server.requests[0]?.path).toBe("/api/2.0/mlflow/experiments/get-by-name?experiment_name=support");
  const [spans] = server.to("/v1/traces");
  expect(spans?.headers["x-mlflow-experiment-id"]).toBe("7");
});
