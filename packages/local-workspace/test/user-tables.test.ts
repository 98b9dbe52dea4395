import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLocalWorkspace, type LocalWorkspace } from "../src/index.ts";
import { makeSpan, traceRequest } from "./telemetry.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

let directory = "";
let workspace: LocalWorkspace;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "tracelake-tables-"));
  workspace = await openLocalWorkspace({ directory });
  await workspace.ingestTraces("main.shop.agent_otel_spans", traceRequest(makeSpan(1, 1)));
});
afterAll(async () => {
  await workspace.close();
  await rm(directory, { recursive: true, force: true });
});

const run = async (sql: string, parameters = {}) => (await workspace.query(sql, { parameters })).rows;

describe("a table that a user makes", () => {
  it("is made once, filled where rows are missing, changed and dropped", async () => {
    await run(
      "CREATE TABLE IF NOT EXISTS main.shop.leases (place STRING NOT NULL, shard INT, owner STRING, fence BIGINT)",
    );
    await run("CREATE TABLE IF NOT EXISTS main.shop.leases (other STRING)");
    const fill = `MERGE INTO main.shop.leases AS t USING (SELECT EXPLODE(SEQUENCE(0, 3)) AS shard) AS s
      ON t.place = :place AND t.shard = s.shard
      WHEN NOT MATCHED THEN INSERT (place, shard, fence) VALUES (:place, s.shard, 0)`;
    expect(await run(fill, { place: "a" })).toEqual([[4n]]);
    expect(await run(fill, { place: "a" })).toEqual([[0n]]);
    const take = `UPDATE main.shop.leases AS l SET owner = :owner, fence = l.fence + 1
      WHERE place = 'a' AND shard IN (1, 2) AND l.owner IS NULL`;
    expect(await run(take, { owner: "me" })).toEqual([[2n]]);
    expect(await run(take, { owner: "you" })).toEqual([[0n]]);
    expect(await run("SELECT shard, owner, fence FROM main.shop.leases ORDER BY shard")).toEqual([
      [0, null, 0n],
      [1, "me", 1n],
      [2, "me", 1n],
      [3, null, 0n],
    ]);
    expect(await run("DELETE FROM main.shop.leases WHERE owner = 'me'")).toEqual([[2n]]);
    await run("DROP TABLE main.shop.leases");
    await run("DROP TABLE IF EXISTS main.shop.leases");
    await expect(run("SELECT * FROM main.shop.leases")).rejects.toMatchObject({ code: "SQL_FAILED" });
  });

  it.each([
    "UPDATE main.shop.agent_otel_spans SET name = 'x'",
    "DROP TABLE main.shop.agent_otel_spans",
    "CREATE TABLE main.shop.other_otel_spans (a INT)",
    "MERGE INTO main.shop.agent_otel_annotations t USING (SELECT 1 AS a) s ON t.name = 'x' WHEN NOT MATCHED THEN INSERT (name) VALUES ('x')",
    "CREATE TABLE main.shop.t (a DOUBLE)",
    "CREATE TABLE main.shop.t (a INT DEFAULT 1)",
    "CREATE TABLE main.shop.t AS SELECT 1 AS a",
    "CREATE OR REPLACE TABLE main.shop.t (a INT)",
    "CREATE TABLE main.shop.t (a INT) TBLPROPERTIES ('a' = 'b')",
    "UPDATE main.shop.t SET a = 1.5",
    "MERGE INTO main.shop.t t USING (SELECT 1 AS a) s ON t.a = s.a WHEN MATCHED THEN UPDATE SET a = 2",
    "MERGE INTO main.shop.t t USING (SELECT 1 AS a) s ON t.a = s.a WHEN NOT MATCHED AND s.a > 0 THEN INSERT (a) VALUES (s.a)",
    "MERGE INTO main.shop.t t USING (SELECT 1 AS a) s ON t.a = s.a WHEN NOT MATCHED BY SOURCE THEN DELETE",
    "MERGE INTO main.shop.t t USING (SELECT 1 AS a) s ON t.a = s.a WHEN NOT MATCHED THEN INSERT *",
    "UPDATE __tracelake.main.experiments SET name = 'x'",
    "INSERT INTO main.shop.t VALUES (1)",
  ])("is all that may be changed, and only as Databricks does it: %s", async (sql) => {
    await expect(run(sql)).rejects.toMatchObject({
      code: expect.stringMatching(/^SQL_(?:UNSUPPORTED|SYNTAX)$/) as string,
    });
  });
});
