import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalWorkspace, startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSpan, traceRequest } from "./telemetry.ts";
import { connect, type Connected } from "./thrift-client.ts";

let directory: string;
let server: LocalWorkspaceServer;
let connected: Connected;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tracelake-thrift-"));
  const workspace = await openLocalWorkspace({ directory });
  await workspace.ingestTraces("main.agents.support_otel_spans", traceRequest(makeSpan(1, 1)));
  await workspace.ingestTraces("other.x_y.mlflow_experiment_trace_otel_spans", traceRequest(makeSpan(1, 1)));
  await workspace.close();
  server = await startLocalWorkspaceServer({ directory, port: 0 });
  connected = await connect(server);
});

afterAll(async () => {
  await connected.close();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

type Operation = Awaited<ReturnType<Connected["session"]["getCatalogs"]>>;

const all = async (operation: Promise<Operation>): Promise<Record<string, unknown>[]> => {
  const opened = await operation;
  const rows = (await opened.fetchAll()) as Record<string, unknown>[];
  await opened.close();
  return rows;
};

const endless = "SELECT count(*) FROM range(100000000000) WHERE id % 7 = 3";

describe("metadata", () => {
  it("lists catalogs, schemas and tables, filtered by patterns", async () => {
    const { session } = connected;
    expect(await all(session.getCatalogs())).toEqual([{ TABLE_CAT: "main" }, { TABLE_CAT: "other" }]);
    expect(await all(session.getSchemas({ catalogName: "other" }))).toEqual([
      { TABLE_SCHEM: "x_y", TABLE_CATALOG: "other" },
    ]);
    expect(await all(session.getSchemas({ catalogName: "%", schemaName: String.raw`x\_y` }))).toHaveLength(1);
    expect(await all(session.getSchemas({ schemaName: String.raw`a\_y` }))).toEqual([]);
    const tables = await all(
      session.getTables({ catalogName: "main", schemaName: "agents", tableName: "support_otel_sp%" }),
    );
    expect(tables).toEqual([
      expect.objectContaining({
        TABLE_CAT: "main",
        TABLE_SCHEM: "agents",
        TABLE_NAME: "support_otel_spans",
        TABLE_TYPE: "TABLE",
      }),
    ]);
    const views = await all(session.getTables({ catalogName: "main", tableTypes: ["VIEW"] }));
    expect(views.map((row) => row["TABLE_NAME"])).toEqual(["support_trace_metadata", "support_trace_unified"]);
    expect(await all(session.getTableTypes({}))).toEqual([{ TABLE_TYPE: "TABLE" }, { TABLE_TYPE: "VIEW" }]);
  });

  it("describes columns with the numbers that JDBC has for their types", async () => {
    const columns = await all(
      connected.session.getColumns({ catalogName: "main", schemaName: "agents", tableName: "support_otel_spans" }),
    );
    const described = columns.map((row) => [
      row["COLUMN_NAME"],
      row["TYPE_NAME"],
      row["DATA_TYPE"],
      row["COLUMN_SIZE"],
    ]);
    expect(described).toEqual(
      expect.arrayContaining([
        ["trace_id", "STRING", 12, null],
        ["time", "TIMESTAMP", 93, 8],
        ["start_time_unix_nano", "BIGINT", -5, 8],
        ["attributes", "VARIANT", 1111, null],
      ]),
    );
    expect(Object.keys(columns[0] ?? {})).toHaveLength(23);
  });

  it("knows types, and no functions or keys", async () => {
    const { session } = connected;
    const types = await all(session.getTypeInfo({}));
    expect(types.map((row) => row["TYPE_NAME"])).toEqual(expect.arrayContaining(["BIGINT", "VARIANT", "DECIMAL"]));
    expect(await all(session.getFunctions({ functionName: "%" }))).toEqual([]);
    expect(await all(session.getPrimaryKeys({ schemaName: "agents", tableName: "support_otel_spans" }))).toEqual([]);
    expect((await session.getInfo(18)).getValue()).toBe("4.0.0");
    expect((await session.getInfo(17)).getValue()).toBe("Spark SQL");
    await expect(session.getInfo(9999)).rejects.toMatchObject({ message: expect.stringMatching(/9999/) });
  });
});

describe("a session", () => {
  it("begins in the catalog and schema that it names, and moves with USE", async () => {
    const own = await connect(server, { session: { initialCatalog: "main", initialSchema: "agents" } });
    expect(await own.rows("SELECT count(*) AS n FROM support_otel_spans")).toEqual([{ n: 1n }]);
    expect(await own.rows("SELECT current_catalog() AS c, current_schema() AS s")).toEqual([
      { c: "main", s: "agents" },
    ]);
    await own.rows("USE other.x_y");
    expect(await own.rows("SELECT count(*) AS n FROM mlflow_experiment_trace_otel_spans")).toEqual([{ n: 1n }]);
    expect(await own.rows("SELECT current_catalog() AS c, current_schema() AS s")).toEqual([{ c: "other", s: "x_y" }]);
    await own.close();
  });

  it("cannot begin where nothing is, or with another meaning of SQL", async () => {
    await expect(connect(server, { session: { initialCatalog: "nowhere" } })).rejects.toMatchObject({
      message: expect.stringMatching(/nowhere.*SQLSTATE: 42704/),
    });
    await expect(
      connect(server, { session: { configuration: { "spark.sql.session.timeZone": "Europe/Vienna" } } }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/^\[UNSUPPORTED_FEATURE\].*timeZone/) });
    const own = await connect(server, {
      session: { configuration: { ansi_mode: "true", use_cached_result: "false" } },
    });
    expect(await own.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await own.close();
  });

  it("asks for the token of this start", async () => {
    await expect(connect(server, { token: "wrong" })).rejects.toMatchObject({ statusCode: 401 });
  });

  it("is one of at most a hundred", async () => {
    const { client } = connected;
    const opened = [];
    let refusal: unknown;
    while (refusal === undefined && opened.length < 200) {
      try {
        opened.push(await client.openSession());
      } catch (error) {
        refusal = error;
      }
    }
    for (const session of opened) await session.close();
    expect(opened).toHaveLength(99);
    expect(refusal).toMatchObject({ message: expect.stringMatching(/at most 100 sessions/) });
    expect(await connected.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  }, 120_000);
});

describe("a statement", () => {
  it("is stopped when its client cancels it", async () => {
    const operation = await connected.session.executeStatement(endless);
    await operation.cancel();
    await expect(operation.fetchAll()).rejects.toMatchObject({ message: "The operation was canceled by a client" });
    expect(await connected.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("is stopped at the end of the time that its client gives it", async () => {
    await expect(connected.rows(endless, { queryTimeout: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/timeout/),
    });
  });

  it("runs on where that time is longer than a timer can be set for", async () => {
    expect(await connected.rows("SELECT 1 AS one", { queryTimeout: 3_000_000 })).toEqual([{ one: 1 }]);
  });

  it("ends with the session that runs it", async () => {
    const own = await connect(server);
    await own.session.executeStatement(endless);
    await own.close();
    expect(await connected.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it.each([
    [
      "SELECT * FROM main.agents.nothing",
      "42P01",
      /^\[TABLE_OR_VIEW_NOT_FOUND\] The table or view `nothing` cannot be found/,
    ],
    [
      "SELECT nothing FROM main.agents.support_otel_spans",
      "42703",
      /^\[UNRESOLVED_COLUMN.WITH_SUGGESTION\].*`nothing`/,
    ],
    ["SELECT * FROM nowhere.a.b", "42704", /^\[NO_SUCH_CATALOG_EXCEPTION\].*`nowhere`/],
    ["SELECT 1 / 0", "22012", /^\[DIVIDE_BY_ZERO\]/],
    ["SELECT CAST('x' AS INT)", "22018", /^\[CAST_INVALID_INPUT\]/],
    ["SELECT 9223372036854775807L + 1L", "22003", /^\[ARITHMETIC_OVERFLOW\]/],
    ["SELECT element_at(array(1), 5)", "22003", /^\[INVALID_ARRAY_INDEX\]/],
    ["SELECT (1", "42601", /^\[PARSE_SYNTAX_ERROR\]/],
    ["OPTIMIZE main.agents.support_otel_spans", "0A000", /^\[UNSUPPORTED_FEATURE\]/],
    ["SELECT name, count(*) FROM main.agents.support_otel_spans", "42803", /^\[MISSING_AGGREGATION\]/],
  ])("that fails says why as Databricks does: %s", async (sql, sqlState, message) => {
    await expect(connected.rows(sql)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      response: { sqlState },
    });
  });

  it("that fails behind what is read ahead gives its client no part for the whole", async () => {
    await expect(
      connected.rows("SELECT repeat('x', 1000), 1 / (150000 - id) FROM range(200000)"),
    ).rejects.toMatchObject({ message: expect.stringMatching(/^\[DIVIDE_BY_ZERO\] .* SQLSTATE: 22012$/) });
  });
});
