import { describe, expect, it } from "vitest";
import { readAnyValueText } from "./otlp/any-value-text.ts";
import { parseJson } from "./parse-json.ts";

describe("parseJson", () => {
  it("keeps integers beyond 2^53 exact wherever they stand", () => {
    expect(parseJson('{"a":[1777894620000000001,-9007199254740993],"b":12,"c":9007199254740991}')).toEqual({
      a: [1_777_894_620_000_000_001n, -9_007_199_254_740_993n],
      b: 12,
      c: 9_007_199_254_740_991,
    });
  });

  it("leaves digits in text, keys and fractions alone", () => {
    expect(parseJson('{"1777894620000000001":"say \\"1777894620000000001\\"","x":1234567890123456.5}')).toEqual({
      "1777894620000000001": 'say "1777894620000000001"',
      x: 1_234_567_890_123_456.5,
    });
  });

  it.each(["0.30000000000000004", '{"score":0.12345678901234568}', "[-0.012345678901234567]", "1234567890123456e2"])(
    "reads %s as JSON.parse does",
    (text) => expect(parseJson(text)).toEqual(JSON.parse(text)),
  );

  it.each(["int:5", "\u0000int:5", '["\u0000","5"]'])("takes no text for a number: %j", (text) => {
    expect(parseJson(JSON.stringify([text]).replace(/\]$/, ",1777894620000000001]"))).toEqual([
      text,
      1_777_894_620_000_000_001n,
    ]);
  });

  it("reads text of any length", () => {
    const long = 'x"'.repeat(6_000_000);
    expect(parseJson(JSON.stringify([long]).replace(/\]$/, ",1777894620000000001]"))).toHaveLength(2);
    expect(readAnyValueText(JSON.stringify(long))).toEqual({ stringValue: long });
  });

  it.each(["{", "{1777894620000000001:1}", "01777894620000000001", '"a"1777894620000000001', "[-]"])(
    "refuses %s, which is no JSON",
    (text) => expect(() => parseJson(text)).toThrow(SyntaxError),
  );
});
