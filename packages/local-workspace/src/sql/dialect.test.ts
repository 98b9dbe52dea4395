import { TracelakeError } from "@tracelake/wire";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { createDatabricksTranslator, type SqlTranslator } from "./dialect.ts";

let translator: SqlTranslator;

beforeAll(async () => {
  translator = await createDatabricksTranslator();
});

const sqlOf = (sql: string, context = {}): string[] =>
  translator.translate(sql, context).statements.map((statement) => statement.sql);

describe("createDatabricksTranslator", () => {
  it("gives the same translation for the same text and context, and another for another context", () => {
    const first = translator.translate("SELECT * FROM s.t", { catalog: "a" });
    expect(translator.translate("SELECT * FROM s.t", { catalog: "a" })).toBe(first);
    expect(sqlOf("SELECT * FROM s.t", { catalog: "b" })).toEqual(['SELECT * FROM "b"."s"."t"']);
  });

  it("completes names after USE in the same text", () => {
    expect(sqlOf("USE CATALOG b; SELECT * FROM s.t", { catalog: "a" })).toEqual([
      'USE "b"',
      'SELECT * FROM "b"."s"."t"',
    ]);
  });

  it("tells what a statement does to the session", () => {
    const { statements } = translator.translate("USE b.s");
    expect(statements).toEqual([
      { sql: 'USE "b"."s"', kind: "command", notes: [], parameters: [], session: { catalog: "b", schema: "s" } },
    ]);
  });

  it("numbers ? from 1 and keeps the names of named parameters", () => {
    const parameters = (sql: string): unknown => translator.translate(sql).statements[0]?.parameters;
    expect(parameters("SELECT ?, a FROM t WHERE b = ?")).toEqual([1, 2]);
    expect(parameters("SELECT :x, :y, :x")).toEqual(["x", "y"]);
  });
});

const words = fc.constantFrom(
  ..."SELECT FROM WHERE GROUP BY ORDER LIMIT ( ) [ ] , . : :: 'a' \"b\" `c` 1 1.5 * + - / = < a t count upper explode CASE WHEN THEN END AS JOIN ON UNION ALL WITH -> ? :p INTERVAL DAY CAST INT OVER status_code NOT NULL IS IN BETWEEN AND".split(
    " ",
  ),
);

describe("any text", () => {
  it("is translated or refused with a coded error, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 14 }), (tokens) => {
        try {
          translator.translate(`SELECT ${tokens.join(" ")}`);
        } catch (error) {
          expect(TracelakeError.isInstance(error) ? error.code : error).toMatch(/^SQL_(?:SYNTAX|UNSUPPORTED)$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
