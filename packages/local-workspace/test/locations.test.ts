import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRestApp, type RestApp } from "./rest-app.ts";
import { makeSpan, traceIdOf, traceRequest } from "./telemetry.ts";

const base = "/api/4.0/mlflow/traces";

let rest: RestApp;
beforeEach(async () => {
  rest = await openRestApp();
});
afterEach(() => rest.store.close());

describe("locations", () => {
  it("that hold the same trace are searched page by page without losing it", async () => {
    const locations = ["one", "two", "three"].map((name) => ({
      uc_table_prefix: { catalog_name: "main", schema_name: "agents", table_prefix: name },
    }));
    for (const { uc_table_prefix: prefix } of locations) {
      await rest.store.ingestTraces(`main.agents.${prefix.table_prefix}_otel_spans`, traceRequest(makeSpan(1, 1)));
    }
    const found: unknown[] = [];
    for (let token: string | undefined = ""; token !== undefined;) {
      const search = { locations, max_results: 1, page_token: token };
      const [status, page] = (await rest.json("POST", `${base}/search`, search)) as [
        number,
        { trace_infos: { trace_location: { uc_table_prefix: { table_prefix: string } } }[]; next_page_token?: string },
      ];
      expect(status).toBe(200);
      found.push(...page.trace_infos.map((info) => info.trace_location.uc_table_prefix.table_prefix));
      token = page.next_page_token;
    }
    expect(found).toEqual(["one", "two", "three"]);
  });

  it("keep the types of attributes however they are spelled", async () => {
    const span = makeSpan(1, 1, { attributes: { count: "1" } });
    await rest.store.ingestTraces("main.agents.mlflow_experiment_trace_otel_spans", traceRequest(span));
    const other = makeSpan(2, 1, { attributes: { count: "2" } });
    await rest.store.ingestTraces("Main.Agents.mlflow_experiment_trace_otel_spans", traceRequest(other));
    for (const location of ["main.agents", "MAIN.AGENTS"]) {
      const ids = [traceIdOf(1), traceIdOf(2)].map((id) => `trace_ids=${id}`).join("&");
      const [, answer] = await rest.json("GET", `${base}/${location}/batchGet?${ids}`);
      const { traces } = answer as { traces: { spans: { attributes: unknown }[] }[] };
      const values = traces.flatMap(({ spans }) => spans.map(({ attributes }) => JSON.stringify(attributes)));
      const texts = ["1", "2"].map((text) => JSON.stringify([{ key: "count", value: { string_value: text } }]));
      expect([location, values.sort()]).toEqual([location, texts]);
    }
    const sql = "SHOW TBLPROPERTIES main.agents.mlflow_experiment_trace_otel_spans ('otel.schemaVersion')";
    expect((await rest.store.query(sql, {})).rows).toHaveLength(1);
  });
});
