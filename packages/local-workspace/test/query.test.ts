import { describe, expect, it } from "vitest";
import { openLocalWorkspace } from "@tracelake/local-workspace";
import { temporaryDirectory } from "./directory.ts";
import { makeSpan, traceRequest, startUnixNano } from "./telemetry.ts";

const v1 = "my_catalog.my_schema.mlflow_experiment_trace_otel_spans";
const v2 = "main.agents.support_otel_spans";

describe("queries", () => {
  it("answer both questions that Databricks' documentation asks, with either spelling of the status", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    const calls = Array.from({ length: 12 }, (_, index) =>
      makeSpan(index + 1, 1, {
        name: "agent",
        endTimeUnixNano: startUnixNano + BigInt(index) * 1_000_000_000n,
        status: { code: index < 3 ? 2 : 1 },
      }),
    );
    await workspace.ingestTraces(v1, traceRequest(...calls));
    const slow = await workspace.query(`
      SELECT trace_id, name AS root_span_name, (end_time_unix_nano - start_time_unix_nano) / 1e9 AS duration_seconds
      FROM ${v1}
      WHERE parent_span_id IS NULL AND (end_time_unix_nano - start_time_unix_nano) / 1e9 > 10
      ORDER BY duration_seconds DESC LIMIT 20;`);
    expect(slow.rows).toEqual([["0000000000000000000000000000000c", "agent", 11]]);
    const errors = await workspace.query(`
      SELECT name, COUNT(*) AS total, SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) AS errors,
             ROUND(SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) AS error_pct
      FROM ${v1}
      GROUP BY name HAVING COUNT(*) > 10 ORDER BY error_pct DESC;`);
    expect(errors.rows.map((row) => row.map(String))).toEqual([["agent", "12", "3", "25"]]);
    expect(errors.notes.join(" ")).toMatch(/status\.code/);
    const real = await workspace.query(`SELECT count(*) FROM ${v1} WHERE status.code = 'STATUS_CODE_ERROR'`);
    expect(real.rows).toEqual([[3n]]);
    expect(real.notes).toEqual([]);
    await workspace.close();
  });

  it("are closed once, and open again for one at a time", async () => {
    const directory = await temporaryDirectory();
    const first = await openLocalWorkspace({ directory });
    await Promise.all([first.close(), first.close()]);
    const second = await openLocalWorkspace({ directory });
    await first.close();
    await expect(openLocalWorkspace({ directory })).rejects.toMatchObject({ code: "LOCAL_WORKSPACE_BUSY" });
    await second.close();
  });

  it("see a catalog that is called as one of the engine's own", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    await workspace.ingestTraces("system.agents.support_otel_spans", traceRequest(makeSpan(1, 1)));
    const first = async (sql: string) => (await workspace.query(sql)).rows.map(([cell]) => cell);
    expect(await first("SHOW CATALOGS")).toEqual(["system"]);
    expect(await first("SHOW SCHEMAS IN system")).toEqual(["agents"]);
    expect(await first("SELECT count(*) FROM system.agents.support_otel_spans")).toEqual([1n]);
    expect(await first("SELECT DISTINCT table_catalog FROM system.information_schema.tables")).toEqual(["system"]);
    await workspace.close();
  });

  it("answer each of several statements, and who asks", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    const { rows, results } = await workspace.query("SELECT 1 AS a; SELECT current_user() AS b");
    expect(rows).toEqual([["local-user"]]);
    expect(results).toEqual([
      { columns: [{ name: "a", type: "INT" }], rows: [[1]] },
      { columns: [{ name: "b", type: "STRING" }], rows: [["local-user"]] },
    ]);
    await workspace.close();
  });

  it("show the workspace's catalogs, schemas, tables and properties under the users' names", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    await workspace.ingestTraces(v1, traceRequest(makeSpan(1, 1)));
    await workspace.ingestTraces(v2, traceRequest(makeSpan(1, 1)));
    const first = async (sql: string) => (await workspace.query(sql)).rows.map(([cell]) => cell);
    expect(await first("SHOW CATALOGS")).toEqual(["main", "my_catalog"]);
    expect(await first("SHOW SCHEMAS IN main")).toEqual(["agents"]);
    expect((await workspace.query("SHOW TABLES IN main.agents")).rows.map((row) => row[1])).toEqual([
      "support_otel_annotations",
      "support_otel_logs",
      "support_otel_metrics",
      "support_otel_spans",
      "support_trace_metadata",
      "support_trace_unified",
    ]);
    expect((await workspace.query(`SHOW TBLPROPERTIES ${v2}`)).rows).toEqual([["otel.schemaVersion", "v2"]]);
    expect((await workspace.query(`SHOW TBLPROPERTIES ${v1}`)).rows).toEqual([["otel.schemaVersion", "v1"]]);
    const described = await workspace.query(`DESCRIBE TABLE ${v2}`);
    expect(described.rows.slice(0, 4).map((row) => row.slice(0, 2))).toEqual([
      ["record_id", "string"],
      ["time", "timestamp"],
      ["date", "date"],
      ["service_name", "string"],
    ]);
    await workspace.close();
  });

  it("overflow where Databricks' BIGINT does", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    const sql = "SELECT sum(x) FROM (SELECT 9223372036854775807L AS x UNION ALL SELECT 1L)";
    await expect(workspace.query(sql)).rejects.toThrow(/ARITHMETIC_OVERFLOW/);
    await workspace.close();
  });

  it("take the catalog, the schema and parameters from the options", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    await workspace.ingestTraces(v2, traceRequest(makeSpan(1, 1), makeSpan(2, 2)));
    const { rows, columns } = await workspace.query(
      "SELECT span_id, start_time_unix_nano FROM support_otel_spans WHERE span_id = :span",
      { catalog: "main", schema: "agents", parameters: { span: "0000000000000002" } },
    );
    expect(rows).toEqual([["0000000000000002", startUnixNano]]);
    expect(columns).toEqual([
      { name: "span_id", type: "STRING" },
      { name: "start_time_unix_nano", type: "BIGINT" },
    ]);
    await expect(workspace.query("SELECT :missing")).rejects.toMatchObject({ code: "SQL_FAILED" });
    await workspace.close();
  });

  it("give structs, maps, lists and variants as plain values, and integers with all their digits", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    const attributes = { "mlflow.spanInputs": { question: "why?", tries: [1, 2.5, null] }, big: 9007199254740993n };
    await workspace.ingestTraces(v2, traceRequest(makeSpan(1, 1, { attributes })));
    await workspace.ingestTraces(v1, traceRequest(makeSpan(1, 1, { attributes })));
    const select = "SELECT attributes, status, events, time FROM";
    const variant = await workspace.query(`${select} ${v2}`);
    expect(variant.columns.map(({ type }) => type.replace(/<.*/, ""))).toEqual([
      "VARIANT",
      "STRUCT",
      "ARRAY",
      "TIMESTAMP",
    ]);
    expect(variant.rows).toEqual([
      [attributes, { message: null, code: "STATUS_CODE_OK" }, [], "2026-11-22T12:00:00.000001Z"],
    ]);
    const map = await workspace.query(`SELECT attributes FROM ${v1}`);
    expect(map.columns[0]?.type).toBe("MAP<STRING, STRING>");
    expect(map.rows).toEqual([
      [{ "mlflow.spanInputs": '{"question":"why?","tries":[1,2.5,null]}', big: "9007199254740993" }],
    ]);
    await workspace.close();
  });

  it("cannot reach files, other databases or the workspace's own state", async () => {
    const workspace = await openLocalWorkspace({ directory: await temporaryDirectory() });
    await workspace.ingestTraces(v1, traceRequest(makeSpan(1, 1)));
    for (const sql of [
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM '/etc/passwd'",
      "COPY (SELECT 1) TO '/tmp/x.csv'",
      "ATTACH '/tmp/x.duckdb' AS x",
      "DELETE FROM my_catalog.__tracelake.journal_offsets",
      "DROP TABLE my_catalog.my_schema.mlflow_experiment_trace_otel_spans",
    ]) {
      await expect(workspace.query(sql), sql).rejects.toMatchObject({ code: expect.stringMatching(/^SQL_/) });
    }
    await workspace.close();
  });
});
