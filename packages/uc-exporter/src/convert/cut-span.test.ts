import { decodeTraceRequest, encodeTraceRequest, fromKeyValues, toKeyValues, type JsonValue } from "@tracelake/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAttributeKey, cutTraceRequest, thinTraceRequest, Thinning } from "./cut-span.ts";

const requestOf = (attributes: Record<string, JsonValue>): Uint8Array =>
  encodeTraceRequest({
    resourceSpans: [
      {
        resource: { attributes: toKeyValues({ "service.name": "shop" }) },
        scopeSpans: [
          {
            spans: [
              {
                traceId: "0".repeat(31) + "1",
                spanId: "0".repeat(15) + "2",
                name: "chat",
                attributes: toKeyValues(attributes),
                events: [],
                links: [],
              },
            ],
          },
        ],
      },
    ],
  });

const spanOf = (request: Uint8Array | undefined) =>
  decodeTraceRequest(request ?? new Uint8Array()).resourceSpans[0]?.scopeSpans[0]?.spans[0];

describe("a span that is too large", () => {
  it("loses the ends of its longest texts, says so, and keeps everything short", () => {
    const request = requestOf({
      model: "small",
      long: "ü".repeat(100_000),
      nested: { deep: ["y".repeat(50_000), 7, null] },
    });
    const cut = cutTraceRequest(request, 64 * 1024);
    expect(cut?.length).toBeLessThanOrEqual(64 * 1024);
    const span = spanOf(cut);
    const attributes = fromKeyValues(span?.attributes ?? []);
    expect(attributes).toMatchObject({ model: "small", [cutAttributeKey]: request.length });
    expect(attributes["long"]).toMatch(/^ü+… \[cut, 100000 characters\]$/);
    expect(attributes["nested"]).toMatchObject({ deep: [expect.stringMatching(/^y+… \[cut/), 7, null] });
    expect([span?.traceId, span?.spanId, span?.name]).toEqual(["0".repeat(31) + "1", "0".repeat(15) + "2", "chat"]);
  });

  it("keeps its place in the trace where it has too many values", () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`key-${n}`, n]));
    const cut = cutTraceRequest(requestOf(many), 16 * 1024);
    expect(spanOf(cut)).toMatchObject({ name: "chat", droppedAttributesCount: 20_000 });
    expect(cut?.length).toBeLessThanOrEqual(16 * 1024);
  });

  it("fits, or is given up, whatever it holds", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.integer({ min: 10, max: 5_000 }),
        (attributes, mostBytes) => {
          const cut = cutTraceRequest(requestOf(attributes as Record<string, JsonValue>), mostBytes);
          if (cut !== undefined) expect(cut.length).toBeLessThanOrEqual(mostBytes);
          else expect(mostBytes).toBeLessThan(500);
        },
      ),
    );
  });
});

describe("a request that waits on an almost full disk", () => {
  const ids = { traceId: "0".repeat(31) + "1", events: [], links: [] };
  const long = toKeyValues({ "mlflow.spanInputs": { text: "w".repeat(5_000) }, model: "small" });
  const request = encodeTraceRequest({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              { ...ids, spanId: "0".repeat(15) + "1", name: "root", attributes: long, status: { code: 1 } },
              {
                ...ids,
                spanId: "0".repeat(15) + "2",
                parentSpanId: "0".repeat(15) + "1",
                name: "child",
                attributes: long,
              },
              {
                ...ids,
                spanId: "0".repeat(15) + "3",
                parentSpanId: "0".repeat(15) + "1",
                name: "failed",
                attributes: long,
                status: { code: 2, message: "boom" },
              },
            ],
          },
        ],
      },
    ],
  });
  const namesIn = (bytes: Uint8Array) =>
    decodeTraceRequest(bytes).resourceSpans[0]?.scopeSpans[0]?.spans.map(({ name }) => name);

  it("keeps every span, with the beginnings of its texts, and says how large it was", () => {
    const part = thinTraceRequest(request, Thinning.BEGINNINGS);
    expect(part?.recordCount).toBe(3);
    expect(part?.bytes.length).toBeLessThan(2_000);
    const attributes = fromKeyValues(spanOf(part?.bytes)?.attributes ?? []);
    expect(attributes).toMatchObject({
      "mlflow.spanInputs": { text: expect.stringMatching(/^w{128}… \[cut, 5000 characters\]$/) as string },
      model: "small",
      [cutAttributeKey]: request.length,
    });
  });

  it("keeps the roots of traces and what failed, after that", () => {
    const part = thinTraceRequest(request, Thinning.ROOTS_AND_ERRORS);
    expect(part?.recordCount).toBe(2);
    expect(namesIn(part?.bytes ?? new Uint8Array())).toEqual(["root", "failed"]);
  });
});
