import { readFile } from "node:fs/promises";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import {
  connectSql,
  connectWorkspace,
  rowsByName,
  statementExecution,
  type SqlClient,
} from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fillWorkspace, prefixTrace, startUnixNano, temporaryDirectory } from "./filled-workspace.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const spans = "main.agents.shop_otel_spans";

describe.each(["the driver of Databricks", "the Statement Execution API"])("SQL through %s", (way) => {
  let server: LocalWorkspaceServer;
  let sql: SqlClient;

  beforeAll(async () => {
    const directory = await temporaryDirectory();
    await fillWorkspace(directory);
    server = await startLocalWorkspaceServer({ directory, port: 0 });
    const connect = (host: string) =>
      connectWorkspace({ host, token: server.token ?? "", sqlWarehouseId: "local" }, {});
    sql =
      way === "the driver of Databricks"
        ? await connectSql(connect(server.httpsUrl), {
            caCertificate: await readFile(server.certificateFile, "utf8"),
          })
        : statementExecution(connect(server.url), { sqlWarehouseId: "local" });
    // The server takes what agents wrote into the tables a moment after it starts.
    await vi.waitFor(async () => expect((await sql.query(`SELECT COUNT(*) AS n FROM ${spans}`)).rows).toEqual([[2n]]), {
      timeout: 30_000,
    });
  });
  afterAll(async () => {
    await sql.close();
    await server.close();
  });

  it("keeps 64-bit integers exact and binds values of every kind", async () => {
    const answer = await sql.query(
      `SELECT trace_id, start_time_unix_nano AS start, :flag AS flag, :number AS number, :nothing AS nothing,
       CAST('12345678901234567890.5' AS DECIMAL(22, 1)) AS amount, status
       FROM ${spans} WHERE name = :name AND start_time_unix_nano >= :since`,
      { name: "shop_agent", since: startUnixNano, flag: true, number: 1.5, nothing: null },
    );
    expect(answer.columns.map(({ name }) => name)).toEqual([
      "trace_id",
      "start",
      "flag",
      "number",
      "nothing",
      "amount",
      "status",
    ]);
    expect(rowsByName(answer)).toEqual([
      {
        trace_id: prefixTrace,
        start: startUnixNano + 4_000_000_000n,
        flag: true,
        number: 1.5,
        nothing: null,
        amount: "12345678901234567890.5",
        status: { message: null, code: "STATUS_CODE_OK" },
      },
    ]);
  });

  it("streams an answer that is larger than one chunk", async () => {
    let rows = 0;
    let last: unknown;
    for await (const chunk of sql.stream("SELECT id FROM RANGE(25000) t(id) ORDER BY id")) {
      rows += chunk.rows.length;
      last = chunk.rows.at(-1)?.[0] ?? last;
    }
    expect([rows, last]).toEqual([25_000, 24_999n]);
  });

  it("finds tables in the catalog and schema given", async () => {
    const { rows } = await sql.query(
      "SELECT COUNT(*) AS n FROM shop_otel_spans",
      {},
      { catalog: "main", schema: "agents" },
    );
    expect(rows).toEqual([[2n]]);
  });

  it("finds them there alone, whatever runs beside it", async () => {
    const names = (catalog?: string, schema?: string) =>
      sql.query("SELECT current_schema() AS s", {}, { catalog, schema });
    const usual = (await names()).rows;
    const answers = await Promise.all([names("main", "agents"), names("my_catalog", "my_schema"), names()]);
    expect(answers.map(({ rows }) => rows)).toEqual([[["agents"]], [["my_schema"]], usual]);
    expect((await names()).rows).toEqual(usual);
  });

  it("never takes one column for another of the same name", async () => {
    const asked = sql.query("SELECT 1 AS a, 2 AS a");
    if (way === "the Statement Execution API") expect((await asked).rows).toEqual([[1, 2]]);
    else await expect(asked).rejects.toThrow(/two columns of the name "a"\. Give each column a name of its own/);
  });

  it("says what is wrong with a statement", async () => {
    await expect(sql.query("SELECT * FROM main.agents.nowhere")).rejects.toThrow(/nowhere/);
    await expect(sql.query("SELECT * FROM main.agents.nowhere")).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^SQL_/) as string }) as Error,
    );
  });
});

describe("SQL through the driver", () => {
  it("names the address where it cannot be reached, and https where that is missing", async () => {
    const connect = (host: string) => connectWorkspace({ host, token: "t", sqlWarehouseId: "w" }, {});
    await expect(connectSql(connect("http://127.0.0.1:9"))).rejects.toThrow(
      /speaks https only: http:\/\/127\.0\.0\.1:9/,
    );
    await expect(connectSql(connectWorkspace({ host: "h", token: "t" }, {}))).rejects.toThrow(
      /Running SQL needs a SQL warehouse: MLFLOW_TRACING_SQL_WAREHOUSE_ID is not set/,
    );
  });
});
