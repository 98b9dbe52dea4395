import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import { Result } from "./result.ts";

it("gives pages of no more bytes than were asked for, with all of the rows", async () => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const natives = { timestamps: false, decimals: false, containers: false, nulls: false };
  const sql = "SELECT repeat('x', 1000) AS text FROM range(3000)";
  const result = new Result(await connection.stream(sql), { natives });
  await result.readAll();
  const size = { maxRows: 10_000, maxBytes: 100_000 };
  let rows = 0;
  for (let hasMore = true; hasMore;) {
    const page = result.take(size);
    expect(page.startRow).toBe(rows);
    expect(page.batches.reduce((sum, { message }) => sum + message.length, 0)).toBeLessThanOrEqual(size.maxBytes);
    rows += page.batches.reduce((sum, { rowCount }) => sum + rowCount, 0);
    hasMore = page.hasMore;
  }
  expect(rows).toBe(3000);
  const small = new Result(await connection.stream(sql), { natives });
  await small.readAll();
  expect(small.take({ maxRows: 10_000, maxBytes: 10 }).batches.map(({ rowCount }) => rowCount)).toEqual([1]);
  connection.closeSync();
  instance.closeSync();
});
