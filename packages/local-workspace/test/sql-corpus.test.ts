import { TracelakeError } from "@tracelake/wire";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { openCorpus, type Corpus } from "./sql-corpus-fixture.ts";
import type { RowsCase } from "./sql-corpus/case.ts";
import { commandCases } from "./sql-corpus/commands.ts";
import { languageCases } from "./sql-corpus/language.ts";
import { failingCases, refusedCases } from "./sql-corpus/refusals.ts";
import { traceCases } from "./sql-corpus/traces.ts";

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

describe("a command answers as on Databricks", () => {
  answers(commandCases);
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
