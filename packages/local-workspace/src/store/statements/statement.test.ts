import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import { raise } from "../../sql/macro-text.ts";
import { Statement, type StatementHost } from "./statement.ts";

// Fails behind what is read before the statement counts as finished.
const late = `SELECT repeat('x', 1000) AS text, CASE WHEN id < 200000 THEN id
  ELSE ${raise("DIVIDE_BY_ZERO", "Division by zero.", { over: ["id"] })} END AS number FROM range(300000) AS ids(id)`;

const natives = { timestamps: false, decimals: false, containers: false, nulls: false };
const page = { maxRows: 100_000, maxBytes: 10_000_000 };

it.each<[when: string, meet: (statement: Statement) => Promise<unknown>]>([
  [
    "as its client reads on",
    async (statement) => {
      for (;;) {
        const next = await statement.fetch(page);
        if (!("batches" in next) || !next.hasMore) return next;
      }
    },
  ],
  ["as its session does something else", (statement) => statement.settle()],
])("a result that fails %s tells every fetch why, with its SQLSTATE", async (_, meet) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const host: StatementHost = {
    evaluate: async () => ({
      rows: await connection.stream(late),
      throwFailure: async () => void (await connection.run(`EXPLAIN ANALYZE ${late}`)),
    }),
    interrupt: () => undefined,
    inTurn: (work) => work(),
  };
  const statement = new Statement({ source: { sql: late, parameters: {} }, natives }, host);
  await statement.run();
  expect(statement.status).toMatchObject({ state: "finished" });
  await meet(statement);
  for (const attempt of ["first", "again"]) {
    const failure = { sqlState: "22012", message: expect.stringMatching(/^\[DIVIDE_BY_ZERO\][^:]*SQLSTATE: 22012$/) };
    expect([attempt, await statement.fetch(page)]).toEqual([attempt, failure]);
  }
  connection.closeSync();
  instance.closeSync();
});
