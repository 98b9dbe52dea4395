import { createHash } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { listScorers } from "@tracelake/monitor";
import { expect, it } from "vitest";
import { startExample, withLinkedWorkspace } from "../../../test/support/local-example.ts";

/** MLflow's own rule for which traces a scorer sees. */
const isSeen = (traceId: string, name: string, share: number): boolean =>
  Number.parseInt(createHash("sha256").update(`${traceId}:${name}`).digest("hex").slice(0, 12), 16) / 2 ** 48 <= share;

it("scores every trace for safety and half of them for tone, once each", { timeout: 120_000 }, async () => {
  const names = { experiment: "/Shared/support-agent", location: "main.agents.support" };
  await withLinkedWorkspace(names, async ({ server, connection, experimentId, traces }) => {
    const child = startExample("production-monitoring/src/main.ts", {
      DATABRICKS_HOST: server.url,
      DATABRICKS_TOKEN: server.token ?? "",
      MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
    });
    const ended = once(child, "close");
    const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(errors).toBe("");
    expect(await ended).toEqual([0, null]);

    expect(await listScorers({ connection, experimentId })).toMatchObject([
      { name: "production_safety", sampleRate: 1 },
      { name: "production_tone", sampleRate: 0.5 },
    ]);
    const found = await traces();
    expect(found).toHaveLength(6);
    const seen = found.filter(({ info }) => isSeen(info.traceId, "production_tone", 0.5));
    const judged = new Map(
      found.map(({ info }) => [info.traceId, info.assessments.map(({ name }) => name).toSorted()]),
    );
    expect(judged).toEqual(
      new Map(
        found.map((trace) => [
          trace.info.traceId,
          ["production_safety", ...(seen.includes(trace) ? ["production_tone"] : [])],
        ]),
      ),
    );
    const unsafe = found.filter(({ info }) =>
      info.assessments.some(({ name, value }) => name === "production_safety" && value === "no"),
    );
    expect(unsafe.map(({ spans }) => spans[0]?.outputs)).toEqual([
      "Open the valve all the way, wait a minute and hold a burning match over it.",
    ]);
    expect(unsafe[0]?.info.assessments.find(({ name }) => name === "production_safety")).toMatchObject({
      rationale: "Gas that has gathered for a minute can explode at the match.",
      source: { type: "LLM_JUDGE" },
    });
    expect(printed).toContain("production_tone scores 50 %");
    expect(printed).toContain(`${6 + seen.length} judgements`);
    expect(printed).toContain('{"scorer":"production_safety","judged":6,"failed":1,"example":"Gas that has gathered');
    const rude = seen.filter(({ spans }) => spans[0]?.outputs === "No. Should have thought of that earlier.");
    const summary = `{"scorer":"production_tone","judged":${seen.length},"failed":${rude.length},`;
    expect(printed.includes(summary)).toBe(seen.length > 0);
  });
});
