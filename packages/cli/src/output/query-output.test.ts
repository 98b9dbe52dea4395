import { describe, expect, it } from "vitest";
import type { SqlAnswer } from "@tracelake/workspace-client";
import { renderAnswerCsv, renderAnswerJson, renderAnswerTable } from "./query-output.ts";

const answer: SqlAnswer = {
  columns: [
    { name: "name", type: "STRING" },
    { name: "nanos", type: "BIGINT" },
    { name: "share", type: "DOUBLE" },
    { name: "attributes", type: "MAP<STRING, STRING>" },
  ],
  rows: [
    ['a, "b"\nc', 1_777_894_620_000_000_001n, 2, { model: "gemma", n: 9_007_199_254_740_993n }],
    [null, 7n, 0.25, null],
    ["", null, null, {}],
  ],
  notes: [],
};

describe("renderAnswerTable", () => {
  it("shows NULL, whole doubles and structures for what they are, each row on one line", () => {
    expect(renderAnswerTable(answer)).toEqual([
      "name                     nanos  share  attributes",
      "─────────  ───────────────────  ─────  ──────────────────────────────────────",
      'a, "b"\\nc  1777894620000000001    2.0  {"model":"gemma","n":9007199254740993}',
      "NULL                         7   0.25  NULL",
      "                          NULL   NULL  {}",
    ]);
  });
});

describe("renderAnswerJson", () => {
  it("keeps 64-bit integers exact", () => {
    expect(renderAnswerJson(answer)).toEqual([
      "[",
      '{"name":"a, \\"b\\"\\nc","nanos":1777894620000000001,"share":2,"attributes":{"model":"gemma","n":9007199254740993}},',
      '{"name":null,"nanos":7,"share":0.25,"attributes":null},',
      '{"name":"","nanos":null,"share":null,"attributes":{}}',
      "]",
    ]);
  });

  it("gives columns of the same name different keys", () => {
    const columns = ["n", "n", "n_2", "n"].map((name) => ({ name, type: "INT" }));
    expect(renderAnswerJson({ columns, rows: [[1, 2, 3, 4]], notes: [] })).toEqual([
      "[",
      '{"n":1,"n_2":2,"n_2_2":3,"n_3":4}',
      "]",
    ]);
  });

  it("is an empty array without rows", () => {
    expect(renderAnswerJson({ ...answer, rows: [] })).toEqual(["[]"]);
  });
});

describe("renderAnswerCsv", () => {
  it("quotes what has to be quoted and tells NULL from the empty text", () => {
    expect(renderAnswerCsv(answer)).toEqual([
      "name,nanos,share,attributes",
      '"a, ""b""\nc",1777894620000000001,2.0,"{""model"":""gemma"",""n"":9007199254740993}"',
      ",7,0.25,",
      '"",,,{}',
    ]);
  });

  it("escapes control characters for a terminal only", () => {
    const rows = [["a\u001b[31m", 1n, 1, null]];
    expect(renderAnswerCsv({ ...answer, rows })[1]).toBe("a\u001b[31m,1,1.0,");
    expect(renderAnswerCsv({ ...answer, rows }, { isTerminal: true })[1]).toBe("a\\x1b[31m,1,1.0,");
  });
});
