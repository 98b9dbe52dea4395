import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toAnyValue, type JsonValue } from "./any-value.ts";
import { decodeTraceRequest } from "./decode.ts";
import type { EncodableSpan, TraceRequest } from "./messages.ts";
import { RequestBuilder, type RecordSource } from "./request-builder.ts";
import { halveRequest, splitRequest } from "./split-request.ts";

const spanOf = (name: string, json: JsonValue): EncodableSpan => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  name,
  attributes: [{ key: "mlflow.spanInputs", json }],
  events: [],
  links: [],
});

const sourceOf = (resource: { readonly name: string }, scope: { readonly name: string }): RecordSource => ({
  resource,
  scope,
  describe: () => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: resource.name } }] },
    scope: { name: scope.name, attributes: [] },
  }),
});

const resources = [{ name: "shop" }, { name: "support" }] as const;
const scopes = [{ name: "openai" }, { name: "langchain" }] as const;
const sources = resources.flatMap((resource) => scopes.map((scope) => sourceOf(resource, scope)));

const build = (spans: readonly { readonly source: number; readonly span: EncodableSpan }[]): Uint8Array => {
  const builder = new RequestBuilder("spans");
  for (const { source, span } of spans) builder.add(span, sources[source] ?? sourceOf(resources[0], scopes[0]));
  return builder.finish();
};

/** Every span with what it stands in, as text that can be compared. */
const flatten = (request: TraceRequest): string[] =>
  request.resourceSpans.flatMap((resource) =>
    resource.scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(({ name, attributes }) =>
        JSON.stringify([resource.resource?.attributes[0]?.value, scope?.name, name, attributes], (_, value: unknown) =>
          typeof value === "bigint" ? `${value}n` : value,
        ),
      ),
    ),
  );

const json = fc.jsonValue({ maxDepth: 6 }) as fc.Arbitrary<JsonValue>;
const placedSpans = fc.array(
  fc.record({ source: fc.nat(sources.length - 1), span: fc.tuple(fc.string(), json).map(([n, j]) => spanOf(n, j)) }),
  { minLength: 1, maxLength: 40 },
);

describe("a request built record by record", () => {
  it("holds every record under its resource and scope, in order within them", () => {
    fc.assert(
      fc.property(placedSpans, (spans) => {
        const decoded = flatten(decodeTraceRequest(build(spans)));
        const expected = spans.map(({ source, span }) =>
          flatten({
            resourceSpans: [
              {
                resource: sources[source]?.describe().resource ?? { attributes: [] },
                scopeSpans: [
                  { scope: sources[source]?.describe().scope ?? { attributes: [] }, spans: [decodedSpan(span)] },
                ],
              },
            ],
          }),
        );
        expect(decoded.toSorted()).toEqual(expected.flat().toSorted());
      }),
    );
  });

  it("writes JSON as its structured value, whatever it holds", () => {
    const values: JsonValue[] = [
      null,
      -1,
      -0,
      0.5,
      2 ** 53 - 1,
      -(2 ** 53 - 1),
      2 ** 60,
      123_456_789_012_345_678_901n % 2n ** 62n,
      "grüße 👋 \u0000",
      "x".repeat(100_000),
      "ü".repeat(70_000),
      [[], {}, [null]],
      JSON.parse('{"__proto__": {"a": 1}, "constructor": []}') as JsonValue,
    ];
    for (const value of values) {
      const [span] = decodeTraceRequest(build([{ source: 0, span: spanOf("s", value) }])).resourceSpans[0]
        ?.scopeSpans[0]?.spans ?? [undefined];
      expect(span?.attributes[0]?.value).toEqual(toAnyValue(value));
    }
  });

  it("replaces lone surrogates, which UTF-8 cannot hold", () => {
    const [span] = decodeTraceRequest(build([{ source: 0, span: spanOf("a\ud800", "b\udc00".repeat(50)) }]))
      .resourceSpans[0]?.scopeSpans[0]?.spans ?? [undefined];
    expect([span?.name, span?.attributes[0]?.value]).toEqual(["a\ufffd", { stringValue: "b\ufffd".repeat(50) }]);
  });

  it("can be read whatever the nesting was", () => {
    let nested: JsonValue = "deep";
    for (let depth = 0; depth < 5_000; depth++) nested = depth % 2 === 0 ? [nested] : { a: nested };
    const request = build([{ source: 0, span: spanOf("s", nested) }]);
    expect(JSON.stringify(decodeTraceRequest(request))).toContain("[Nested too deeply]");
  });

  it("is as before where a record cannot be written", () => {
    const builder = new RequestBuilder("spans");
    const source = sourceOf(resources[0], scopes[0]);
    builder.add(spanOf("good", 1), source);
    const bad = { ...spanOf("bad", 1), name: Symbol("no text") as unknown as string };
    expect(() => builder.add(bad, source)).toThrow(TypeError);
    builder.add(spanOf("also good", 1), source);
    expect(builder.recordCount).toBe(2);
    expect(flatten(decodeTraceRequest(builder.finish())).map((text) => JSON.parse(text)[2])).toEqual([
      "good",
      "also good",
    ]);
    expect(builder.recordCount).toBe(0);
  });
});

const decodedSpan = (
  span: EncodableSpan,
): TraceRequest["resourceSpans"][number]["scopeSpans"][number]["spans"][number] =>
  decodeTraceRequest(build([{ source: 0, span }])).resourceSpans[0]?.scopeSpans[0]?.spans[0] ?? {
    attributes: [],
    events: [],
    links: [],
  };

describe("a request that is cut", () => {
  it("loses nothing and keeps to the size, except for records that are larger themselves", () => {
    fc.assert(
      fc.property(placedSpans, fc.integer({ min: 1, max: 2_000 }), (spans, mostBytes) => {
        const request = build(spans);
        const parts = splitRequest(request, mostBytes);
        expect(parts.flatMap(({ bytes }) => flatten(decodeTraceRequest(bytes)))).toEqual(
          flatten(decodeTraceRequest(request)),
        );
        expect(parts.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(spans.length);
        const headBytes = 200;
        for (const { bytes, recordCount } of parts)
          expect(recordCount === 1 || bytes.length <= mostBytes + headBytes * recordCount).toBe(true);
      }),
    );
  });

  it("has two halves, or one where there is one record", () => {
    const spans = Array.from({ length: 5 }, (_, n) => ({ source: n % 4, span: spanOf(`s${n}`, n) }));
    expect(halveRequest(build(spans)).map(({ recordCount }) => recordCount)).toEqual([3, 2]);
    expect(halveRequest(build(spans.slice(0, 1))).map(({ recordCount }) => recordCount)).toEqual([1]);
  });

  it("is refused where the bytes are no request", () => {
    expect(() => splitRequest(Buffer.from("not protobuf at all"), 10)).toThrow();
  });
});
