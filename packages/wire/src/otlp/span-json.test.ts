import { describe, expect, it } from "vitest";
import { toKeyValues } from "./any-value.ts";
import type { Span } from "./messages.ts";
import { readSpanJson, writeSpanJson } from "./span-json.ts";

const span: Span = {
  traceId: "000102030405060708090a0b0c0d0e0f",
  spanId: "00000000000000af",
  parentSpanId: "ffffffffffffffff",
  name: "answer",
  kind: 1,
  startTimeUnixNano: 1_795_348_800_000_001_002n,
  endTimeUnixNano: 1_795_348_801_000_000_000n,
  attributes: toKeyValues({ inputs: { q: [1, 2.5, null, "x", true] }, big: 9_223_372_036_854_775_807n, empty: {} }),
  events: [{ timeUnixNano: 5n, name: "exception", attributes: toKeyValues({ a: "b" }) }],
  links: [{ traceId: "f".repeat(32), spanId: "0".repeat(16), attributes: [] }],
  status: { code: 2, message: "broken" },
};

describe("a span in protobuf's JSON", () => {
  it("has its ids in base64, integers of 64 bits as text and enumerations by name", () => {
    expect(writeSpanJson(span)).toMatchObject({
      trace_id: "AAECAwQFBgcICQoLDA0ODw==",
      span_id: "AAAAAAAAAK8=",
      kind: "SPAN_KIND_INTERNAL",
      start_time_unix_nano: "1795348800000001002",
      status: { code: "STATUS_CODE_ERROR", message: "broken" },
    });
  });

  it("is read as it was written", () => {
    expect(readSpanJson(JSON.parse(JSON.stringify(writeSpanJson(span))))).toEqual(span);
  });

  it("is read in camelCase with hexadecimal ids, too", () => {
    expect(
      readSpanJson({ traceId: span.traceId, spanId: span.spanId, startTimeUnixNano: 7, status: { code: 1 } }),
    ).toEqual({
      traceId: span.traceId,
      spanId: span.spanId,
      startTimeUnixNano: 7n,
      status: { code: 1 },
      attributes: [],
      events: [],
      links: [],
    });
  });

  it("is refused where a field is not what it has to be", () => {
    expect(() => readSpanJson({ attributes: [{ key: 1 }] })).toThrow(/attributes\[0\]\.key/);
    expect(() => readSpanJson("no")).toThrow(/the body/);
  });
});
