import { describe, expect, it } from "vitest";
import { toKeyValues } from "./any-value.ts";
import { anyValueText, readAnyValueText } from "./any-value-text.ts";
import { decodeTraceRequest } from "./decode.ts";
import { encodeTraceRequest } from "./encode.ts";
import type { AnyValue } from "./messages.ts";

const cases: readonly (readonly [AnyValue, string])[] = [
  [{ doubleValue: 1 }, "1.0"],
  [{ doubleValue: 1e300 }, "1e+300"],
  [{ doubleValue: -2.5 }, "-2.5"],
  [{ doubleValue: 123_456_789_012_345_680_000 }, "123456789012345680000.0"],
  [{ intValue: 9_223_372_036_854_775_807n }, "9223372036854775807"],
  [{ stringValue: '1.0 "\u0000 2' }, String.raw`"1.0 \"\u0000 2"`],
  [{ boolValue: false }, "false"],
  [{}, "null"],
  [{ arrayValue: { values: [{ intValue: 1n }, { doubleValue: 0 }, {}] } }, "[1,0.0,null]"],
  [
    {
      kvlistValue: {
        values: [
          { key: "1", value: { stringValue: "" } },
          { key: "", value: {} },
        ],
      },
    },
    '{"1":"","":null}',
  ],
];

describe("an OTLP value as JSON text", () => {
  it.each(cases)("%o keeps what it is", (value, text) => {
    expect(anyValueText(value)).toBe(text);
    expect(readAnyValueText(text)).toEqual(value);
  });

  it("has an empty key where protobuf left the key out", () => {
    const value = decodeTraceRequest(
      encodeTraceRequest({
        resourceSpans: [{ resource: { attributes: toKeyValues({ a: { "": "empty key" } }) }, scopeSpans: [] }],
      }),
    ).resourceSpans[0]?.resource?.attributes[0]?.value;
    expect(anyValueText(value)).toBe('{"":"empty key"}');
  });

  it("is refused where it is no JSON", () => {
    for (const text of ["", "{", "1 2", "01", "'a'", "NaN"]) expect(() => readAnyValueText(text)).toThrow(SyntaxError);
  });
});
