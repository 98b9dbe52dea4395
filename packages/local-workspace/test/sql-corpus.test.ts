import { readFileSync } from "node:fs";

import { TracelakeError } from "@tracelake/wire";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { openCorpus, type Corpus } from "./sql-corpus-fixture.ts";
import type { RowsCase } from "./sql-corpus/case.ts";
import { commandCases } from "./sql-corpus/commands.ts";
import { contextCases, languageCases } from "./sql-corpus/language.ts";
import { failingCases, refusedCases } from "./sql-corpus/refusals.ts";
import { traceCases } from "./sql-corpus/traces.ts";

/** Statements with the rows that Apache Spark 4.0.1 gave; `sql-corpus/record_spark.py` records them. */
const sparkCases = readFileSync(new URL("./sql-corpus/spark.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as RowsCase);

let corpus: Corpus;

beforeAll(async () => {
  corpus = await openCorpus();
});

afterAll(async () => {
  await corpus.close();
});

beforeEach(async () => {
  await corpus.connection.run("BEGIN");
});

afterEach(async () => {
  await corpus.connection.run("ROLLBACK");
  await corpus.connection.run("USE my_catalog.my_schema");
});

const answers = (cases: readonly RowsCase[]): void => {
  it.each(cases)("$sql", async ({ sql, rows, columns, notes, parameters }) => {
    const answer = await corpus.run(sql, parameters);
    expect(answer.rows).toEqual(rows);
    if (columns !== undefined) expect(answer.columns).toEqual(columns);
    if (notes !== undefined) expect(answer.notes).toHaveLength(notes);
  });
};

describe("a question about traces gives Databricks' rows", () => {
  answers(traceCases);
});

describe("the language has Spark's meaning", () => {
  answers(languageCases);
});

describe("a statement gives the rows that Spark gives", () => {
  answers(sparkCases);
});

describe("a function keeps its meaning where types are seen late", () => {
  answers(contextCases);
});

describe("a command answers as on Databricks", () => {
  answers(commandCases);
});

describe("any text of a user stays that text", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 });
  const literal = (value: string): string => `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`;

  it("as a literal", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        expect((await corpus.run(`SELECT ${literal(value)}`)).rows).toEqual([[value]]);
      }),
    );
  });

  it("as a name in backticks", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        fc.pre(value !== "");
        const answer = await corpus.run(`SELECT 1 AS \`${value.replaceAll("`", "``")}\``);
        expect(answer.columns).toEqual([value]);
      }),
    );
  });

  it("as a key of a path and of a map", async () => {
    await fc.assert(
      fc.asyncProperty(text, async (key) => {
        const json = literal(JSON.stringify({ [key]: "found" }));
        const sql = `SELECT parse_json(${json}):[${literal(key)}]::string, map(${literal(key)}, 1)[${literal(key)}]`;
        expect((await corpus.run(sql)).rows).toEqual([["found", 1]]);
      }),
    );
  });
});

describe("what has no safe translation is refused before it runs", () => {
  it.each(refusedCases)("$sql", async ({ sql, refused, saying }) => {
    const failure = await corpus.run(sql).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(TracelakeError.isInstance(failure) ? [failure.code, failure.message] : failure).toEqual([
      refused,
      expect.stringMatching(saying),
    ]);
  });
});

describe("what Databricks fails fails here too", () => {
  it.each(failingCases)("$sql", async ({ sql, fails }) => {
    await expect(corpus.run(sql)).rejects.toThrow(fails);
  });
});
