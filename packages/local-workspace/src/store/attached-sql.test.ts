import { describe, expect, it } from "vitest";
import { asAttached } from "./attached-sql.ts";

const rename = (sql: string, attached = ["main"]) => asAttached(sql, (name) => attached.includes(name));

describe("catalogs whose names DuckDB reserves", () => {
  it("are renamed where they stand in front of a schema and a table", () => {
    expect(rename('SELECT * FROM main.agents.t JOIN "main".agents.u ON t.x = main.agents.u.y')).toBe(
      'SELECT * FROM "main:".agents.t JOIN "main:".agents.u ON t.x = "main:".agents.u.y',
    );
  });

  it("are left alone in literals, comments, aliases and DuckDB's own schemas", () => {
    const sql =
      "SELECT 'main.a.b', main.x /* main.a.b */ FROM x.main.t, memory.main.f, system.information_schema.tables -- main.a.b";
    expect(rename(sql, ["main", "memory", "system"])).toBe(sql);
    expect(rename("SELECT * FROM main.a.b", [])).toBe("SELECT * FROM main.a.b");
  });

  it("stay themselves in DuckDB's listings, but not in literals", () => {
    expect(rename("SELECT 'duckdb_tables()' FROM duckdb_tables() t")).toMatch(
      /^SELECT 'duckdb_tables\(\)' FROM \(SELECT \* REPLACE \(.* FROM duckdb_tables\(\) WHERE .*\) t$/,
    );
  });
});
