import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withSpan } from "@tracelake/uc-exporter";
import { afterEach, beforeEach, expect, it } from "vitest";
import { collectGarbageUntil } from "../../../test/support/collect-garbage.ts";
import { createSinks } from "../src/create-pipeline.ts";
import { recordTo } from "./fresh-start.ts";

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
