import { macro } from "./macro-text.ts";

const names: readonly (readonly [string, string])[] = [
  ["TIMESTAMP WITH TIME ZONE", "TIMESTAMP"],
  ["DECIMAL\\((\\d+),(\\d+)\\)", "decimal{\\1;\\2}"],
  ["\\b(VARCHAR|JSON)\\b", "string"],
  ["\\bTINYINT\\b", "tinyint"],
  ["\\bSMALLINT\\b", "smallint"],
  ["\\bINTEGER\\b", "int"],
  ["\\b(BIGINT|HUGEINT|UBIGINT)\\b", "bigint"],
  ["\\bFLOAT\\b", "float"],
  ["\\bDOUBLE\\b", "double"],
  ["\\bBOOLEAN\\b", "boolean"],
  ["\\bDATE\\b", "date"],
  ["\\bTIMESTAMP\\b", "timestamp"],
  ["\\bVARIANT\\b", "variant"],
  ["\\bBLOB\\b", "binary"],
  ["\\bINTERVAL\\b", "interval"],
  ['^"NULL"$', "void"],
];

const simple =
  "(string|tinyint|smallint|int|bigint|float|double|boolean|date|timestamp|variant|binary|decimal\\{\\d+;\\d+\\})";

/** Containers are rewritten from the inside out; no column of the trace tables is nested deeper. */
const deepestNesting = 4;

const sparkType = (): string => {
  let text = "x";
  const replace = (from: string, to: string): void => {
    text = `regexp_replace(${text}, '${from}', '${to}', 'g')`;
  };
  for (const [from, to] of names) replace(from, to);
  replace(", ", ",");
  replace(`${simple}\\[\\]\\[\\]`, "array<array<\\1>>");
  replace(`${simple}\\[\\]`, "array<\\1>");
  for (let depth = 0; depth < deepestNesting; depth += 1) {
    replace("STRUCT\\(([^()]*)\\)\\[\\]", "array<struct<\\1>>");
    replace("MAP\\(([^()]*)\\)\\[\\]", "array<map<\\1>>");
    replace("STRUCT\\(([^()]*)\\)", "struct<\\1>");
    replace("MAP\\(([^()]*)\\)", "map<\\1>");
  }
  replace('"([A-Za-z_][A-Za-z0-9_]*)" ', "\\1 ");
  replace(" ", ":");
  replace("\\{(\\d+);(\\d+)\\}", "(\\1,\\2)");
  return text;
};

/** `tl_spark_type(text)`: DuckDB's text of a type as Spark writes it, `STRUCT(a VARCHAR)[]` as `array<struct<a:string>>`. */
export const sparkTypeMacro: string = macro("tl_spark_type", `(x) AS ${sparkType()}`);
