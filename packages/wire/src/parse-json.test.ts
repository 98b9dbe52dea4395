import { describe, expect, it } from "vitest";
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

  it("refuses what is no JSON", () => {
    expect(() => parseJson("{")).toThrow(SyntaxError);
  });
});
