import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DBSQLParameter, DBSQLParameterType } from "@databricks/sql";
import { openLocalWorkspace, startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSpan, startUnixNano, traceRequest } from "./telemetry.ts";
import { connect, type Connected } from "./thrift-client.ts";

const v1 = "main.agents.mlflow_experiment_trace_otel_spans";
const v2 = "main.agents.support_otel_spans";

let directory: string;
let server: LocalWorkspaceServer;
let connected: Connected;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tracelake-thrift-"));
  const workspace = await openLocalWorkspace({ directory });
  await workspace.ingestTraces(v1, traceRequest(makeSpan(1, 1), makeSpan(2, 2)));
  await workspace.ingestTraces(v2, traceRequest(makeSpan(1, 1)));
  await workspace.close();
  server = await startLocalWorkspaceServer({ directory, port: 0 });
  connected = await connect(server);
});

afterAll(async () => {
  await connected.close();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

describe("a driver gets rows", () => {
  it("of every type, each in its own form", async () => {
    const sql = `SELECT 9223372036854775807L AS largest, -9223372036854775807L - 1L AS smallest, 1Y AS tiny, 2S AS small,
      3 AS whole, 12345678901234567.89 AS exact, CAST(1.5 AS FLOAT) AS single, 2.5D AS double, true AS yes, 'ä €' AS text,
      DATE'2024-02-29' AS day, DATE'1969-07-20' AS before, TIMESTAMP'2024-02-29 10:00:00.123' AS time,
      CAST(NULL AS STRING) AS missing, INTERVAL 1 DAY AS span`;
    expect(await connected.rows(sql)).toEqual([
      {
        largest: 9223372036854775807n,
        smallest: -9223372036854775808n,
        tiny: 1,
        small: 2,
        whole: 3,
        exact: "12345678901234567.89",
        single: 1.5,
        double: 2.5,
        yes: true,
        text: "ä €",
        day: new Date("2024-02-29"),
        before: new Date("1969-07-20"),
        time: new Date("2024-02-29T10:00:00.123Z"),
        missing: null,
        span: "1 00:00:00.000000000",
      },
    ]);
  });

  it("with containers as objects and VARIANT as JSON with its keys in order", async () => {
    const sql = `SELECT array(1, NULL, 3) AS list, map('b', 1.5, 'a', NULL) AS map,
      named_struct('x', 1, 'inner', named_struct('when', TIMESTAMP'2024-01-01 00:00:00')) AS struct,
      array(map('k', array('v'))) AS nested, array() AS empty,
      parse_json('{"z": [1, 2.5, "x", null], "a": {"q": true}}') AS variant`;
    expect(await connected.rows(sql)).toEqual([
      {
        list: [1, null, 3],
        map: { b: "1.5", a: null },
        struct: { x: 1, inner: { when: new Date("2024-01-01T00:00:00Z") } },
        nested: [{ k: ["v"] }],
        empty: [],
        variant: '{"a":{"q":true},"z":[1,2.5,"x",null]}',
      },
    ]);
  });

  it("of columns that share a name, of which its objects keep the last", async () => {
    expect(await connected.rows("SELECT 'x' AS a, 1.5D AS a, 2 AS b FROM range(2)")).toEqual([
      { a: 1.5, b: 2 },
      { a: 1.5, b: 2 },
    ]);
  });

  it("of spans, with their nanoseconds exact", async () => {
    const sql = `SELECT trace_id, start_time_unix_nano, attributes, events FROM ${v1} ORDER BY trace_id LIMIT 1`;
    const [row] = await connected.rows(sql);
    expect(row).toMatchObject({ start_time_unix_nano: startUnixNano });
    expect(row).toHaveProperty("attributes");
    const [second] = await connected.rows(`SELECT attributes, time FROM ${v2}`);
    expect(second).toMatchObject({ attributes: expect.stringMatching(/^\{/), time: expect.any(Date) });
  });

  it("that contain no row, and none at all where a statement only changes something", async () => {
    expect(await connected.rows("SELECT 1 AS one, array(1) AS list WHERE FALSE")).toEqual([]);
    expect(await connected.rows("CREATE OR REPLACE TEMP VIEW mine AS SELECT 41 + 1 AS answer")).toEqual([]);
    expect(await connected.rows("SELECT answer FROM mine")).toEqual([{ answer: 42 }]);
    expect(await connected.rows("DROP VIEW mine")).toEqual([]);
  });

  it("by the hundred thousand, in several fetches", async () => {
    const sql = "SELECT id, CAST(id AS STRING) AS text, repeat('x', 200) AS filler FROM range(100000)";
    const operation = await connected.session.executeStatement(sql, { maxRows: 30_000 });
    let [count, sum, fetches] = [0, 0n, 0];
    do {
      const rows = (await operation.fetchChunk({ maxRows: 30_000 })) as { id: bigint; text: string }[];
      for (const { id, text } of rows) {
        if (text !== String(id)) throw new Error(`row ${id} has the text ${text}`);
        sum += id;
      }
      count += rows.length;
      fetches += 1;
    } while (await operation.hasMoreRows());
    await operation.close();
    expect([count, sum]).toEqual([100_000, 4_999_950_000n]);
    expect(fetches).toBeGreaterThan(3);
  });

  it("of a result that is half read while the same session runs another statement", async () => {
    const operation = await connected.session.executeStatement("SELECT id FROM range(250000)", { maxRows: 10 });
    const first = (await operation.fetchChunk({ maxRows: 10, disableBuffering: true })) as { id: bigint }[];
    expect(await connected.rows("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    const rest = (await operation.fetchAll()) as { id: bigint }[];
    await operation.close();
    expect(first.length + rest.length).toBe(250_000);
    expect(rest.at(-1)).toEqual({ id: 249_999n });
  });
});

describe("a driver without Arrow", () => {
  it("gets columns, with exact text for what has no type of its own there", async () => {
    const columnar = await connect(server, { config: { arrowEnabled: false } });
    const sql = `SELECT 1 AS whole, CAST(2 AS TINYINT) AS tiny, 3S AS small, 4L AS long, 0.5D AS double, true AS yes, 'a' AS text,
      DATE'2024-02-29' AS day, TIMESTAMP'2024-02-29 10:00:00.120' AS time, CAST(NULL AS INT) AS missing, array(1, 2) AS list, map('k', 1) AS map`;
    expect(await columnar.rows(sql)).toEqual([
      {
        whole: 1,
        tiny: 2,
        small: 3,
        long: 4,
        double: 0.5,
        yes: true,
        text: "a",
        day: "2024-02-29",
        time: "2024-02-29 10:00:00.12",
        missing: null,
        list: [1, 2],
        map: { k: 1 },
      },
    ]);
    expect((await columnar.rows("SELECT id FROM range(5000)")).length).toBe(5000);
    expect(await columnar.rows("SELECT 'x' AS a, 1.5D AS a, 2 AS b")).toEqual([{ a: 1.5, b: 2 }]);
    await columnar.close();
  });

  it("or with Arrow's plain types alone gets containers as JSON and decimals as text", async () => {
    const plain = await connect(server, { config: { useArrowNativeTypes: false, preserveBigNumericPrecision: false } });
    const sql = `SELECT 1.50 AS exact, named_struct('a', 1.50, 'b', 'x"y', 'c', NULL, 'd', 3D) AS struct, TIMESTAMP'2024-02-29 10:00:00' AS time`;
    expect(await plain.rows(sql)).toEqual([
      { exact: 1.5, struct: { a: 1.5, b: 'x"y', c: null, d: 3 }, time: "2024-02-29 10:00:00" },
    ]);
    await plain.close();
  });
});

describe("parameters", () => {
  it("are bound by name with their types", async () => {
    const sql = `SELECT :text AS text, :whole + 1 AS whole, :big AS big, :double AS double, :flag AS flag, :none AS none,
      :day AS day, :time AS time, :exact AS exact, typeof(:exact) AS type`;
    const namedParameters = {
      text: "it's ' OR 1=1 --",
      whole: 41,
      big: 9223372036854775807n,
      double: 0.5,
      flag: true,
      none: null,
      day: new DBSQLParameter({ type: DBSQLParameterType.DATE, value: "2024-02-29" }),
      time: new Date("2024-02-29T10:00:00.123Z"),
      exact: new DBSQLParameter({ type: DBSQLParameterType.DECIMAL, value: "12345678901234567890.12" }),
    };
    expect(await connected.rows(sql, { namedParameters })).toEqual([
      {
        text: "it's ' OR 1=1 --",
        whole: 42,
        big: 9223372036854775807n,
        double: 0.5,
        flag: true,
        none: null,
        day: new Date("2024-02-29"),
        time: new Date("2024-02-29T10:00:00.123Z"),
        exact: "12345678901234567890.12",
        type: "decimal(22,2)",
      },
    ]);
  });

  it("are bound by position, and compare with columns of their type", async () => {
    const sql = "SELECT ? AS one, ? AS two, count(*) AS n FROM range(10) WHERE id < ? AND DATE'2024-01-02' > ?";
    const day = new DBSQLParameter({ type: DBSQLParameterType.DATE, value: "2024-01-01" });
    expect(await connected.rows(sql, { ordinalParameters: ["x", 2, 5, day] })).toEqual([{ one: "x", two: 2, n: 5n }]);
  });

  it("that are no value of their type, or are missing, fail the statement", async () => {
    const bad = new DBSQLParameter({ type: DBSQLParameterType.DATE, value: "2024-02-30" });
    await expect(connected.rows("SELECT :day", { namedParameters: { day: bad } })).rejects.toThrow(
      /^\[CAST_INVALID_INPUT\].*2024-02-30.*SQLSTATE: 22018$/,
    );
    await expect(connected.rows("SELECT :day", { namedParameters: { other: 1 } })).rejects.toThrow(
      /^\[UNBOUND_SQL_PARAMETER\].*:day/,
    );
  });
});
