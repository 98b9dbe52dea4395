import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readStatements } from "./lexer.ts";

const kinds = (sql: string): [string, string][][] =>
  readStatements(sql).map((tokens) => tokens.map(({ kind, text }) => [kind, text]));

describe("readStatements", () => {
  it("separates statements at semicolons outside of literals and comments", () => {
    expect(kinds("SELECT ';' -- ; no\n; /* ; */ SELECT `;`;")).toEqual([
      [
        ["word", "SELECT"],
        ["string", ";"],
      ],
      [
        ["word", "SELECT"],
        ["quoted", ";"],
      ],
    ]);
  });

  it("decodes escapes as Spark does and keeps those of LIKE", () => {
    expect(kinds(String.raw`'\'\"\\\n\t\0\u0041\U0001F600\101\%\_\x'`)).toEqual([
      [["string", "'\"\\\n\t\0A😀A\\%\\_x"]],
    ]);
  });

  it("leaves raw strings as they are and joins literals that follow each other", () => {
    expect(kinds(String.raw`r'a\n' "b" 'c''d'`)).toEqual([[["string", String.raw`a\nbc'd`]]]);
  });

  it("tells numbers with suffixes from names", () => {
    expect(kinds("10L 1.5e3 .5 t1.x 2BD")).toEqual([
      [
        ["number", "10L"],
        ["number", "1.5e3"],
        ["number", ".5"],
        ["word", "t1"],
        ["symbol", "."],
        ["word", "x"],
        ["number", "2BD"],
      ],
    ]);
  });

  it("reads back any string that is escaped with backslashes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = text.replaceAll(/[\\']/g, String.raw`\$&`).replaceAll(/\\\\(?=[%_])/g, "\\\\");
        expect(readStatements(`'${escaped}'`)[0]?.[0]?.text).toBe(text);
      }),
    );
  });

  it.each(["'open", "`open", "/* open", "SELECT # 1", "1a"])("refuses %s", (sql) => {
    expect(() => readStatements(sql)).toThrow(/cannot be read/);
  });
});
