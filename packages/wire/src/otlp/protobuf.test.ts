import { context, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromAnyValue, fromKeyValues, toAnyValue, type JsonValue } from "./any-value.ts";
import { readTraceRequestJson } from "./json.ts";
import type { MetricsRequest, TraceRequest } from "./messages.ts";
import { decodeLogsRequest, decodeMetricsRequest, decodeTraceRequest } from "./decode.ts";
import { encodeLogsRequest, encodeMetricsRequest, encodeTraceRequest } from "./encode.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";

const spanRequest: TraceRequest = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId,
              spanId: "b7ad6b7169203331",
              name: "grüße 👋",
              kind: 1,
              startTimeUnixNano: 1_700_000_000_123_456_789n,
              endTimeUnixNano: 18_446_744_073_709_551_615n,
              attributes: [
                {
                  key: "mlflow.spanInputs",
                  value: toAnyValue({ messages: [{ role: "user", n: -3, f: 0.5, ok: true, none: null }] }),
                },
              ],
              events: [{ timeUnixNano: 5n, name: "exception", attributes: [] }],
              links: [{ traceId, spanId: "00f067aa0ba902b7", attributes: [] }],
              status: { code: 2, message: "boom" },
              flags: 0x101,
            },
          ],
        },
      ],
    },
  ],
};

describe("OTLP protobuf", () => {
  it("returns what was encoded, with every digit of a 64-bit time", () => {
    expect(decodeTraceRequest(encodeTraceRequest(spanRequest))).toEqual(spanRequest);
  });

  it("reads what OpenTelemetry's own serializer writes", () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const span = provider.getTracer("shop", "1.2.3").startSpan(
      "checkout",
      {
        attributes: { text: "a", whole: 7, half: 0.5, yes: true, list: ["a", "b"] },
        links: [{ context: { traceId, spanId: "00f067aa0ba902b7", traceFlags: TraceFlags.SAMPLED } }],
      },
      context.active(),
    );
    span.addEvent("paid", { amount: 3 });
    span.setStatus({ code: SpanStatusCode.ERROR, message: "no" });
    span.end();
    const bytes = ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans());
    const scopeSpans = decodeTraceRequest(bytes ?? new Uint8Array()).resourceSpans[0]?.scopeSpans[0];
    const decoded = scopeSpans?.spans[0];
    expect(scopeSpans?.scope).toMatchObject({ name: "shop", version: "1.2.3" });
    expect(decoded).toMatchObject({
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      name: "checkout",
      kind: 1,
      status: { code: 2, message: "no" },
    });
    expect(decoded?.events[0]).toMatchObject({ name: "paid" });
    expect(decoded?.links[0]).toMatchObject({ traceId, spanId: "00f067aa0ba902b7" });
    expect(fromKeyValues(decoded?.attributes ?? [])).toEqual({
      text: "a",
      whole: 7,
      half: 0.5,
      yes: true,
      list: ["a", "b"],
    });
  });

  it("carries logs and metrics, packed numbers included", () => {
    const logs = {
      resourceLogs: [
        {
          scopeLogs: [
            { logRecords: [{ body: { stringValue: "hi" }, eventName: "e", severityNumber: 9, attributes: [] }] },
          ],
        },
      ],
    };
    expect(decodeLogsRequest(encodeLogsRequest(logs))).toEqual({
      resourceLogs: [
        {
          scopeLogs: [
            { logRecords: [{ body: { stringValue: "hi" }, eventName: "e", severityNumber: 9, attributes: [] }] },
          ],
        },
      ],
    });
    const metrics: MetricsRequest = {
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: "latency",
                  metadata: [],
                  histogram: {
                    aggregationTemporality: 2,
                    dataPoints: [
                      {
                        attributes: [],
                        bucketCounts: [1n, 2n],
                        explicitBounds: [0.5],
                        exemplars: [],
                        count: 3n,
                        sum: 1.5,
                      },
                    ],
                  },
                },
                {
                  name: "bytes",
                  metadata: [],
                  exponentialHistogram: {
                    aggregationTemporality: 1,
                    dataPoints: [
                      { attributes: [], exemplars: [], scale: -2, positive: { offset: -1, bucketCounts: [3n, 300n] } },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    };
    expect(decodeMetricsRequest(encodeMetricsRequest(metrics))).toEqual(metrics);
  });

  it("answers hostile bytes with OTLP_INVALID and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeTraceRequest(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "OTLP_INVALID" });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses nesting that would exhaust the stack", () => {
    let value: JsonValue = 1;
    for (let depth = 0; depth < 500; depth++) value = [value];
    const bytes = encodeLogsRequest({
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: toAnyValue(value), attributes: [] }] }] }],
    });
    expect(() => decodeLogsRequest(bytes)).toThrow(expect.objectContaining({ code: "OTLP_INVALID" }) as Error);
  });
});

describe("OTLP values", () => {
  it("return every JSON value unchanged", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as JsonValue;
        expect(fromAnyValue(toAnyValue(json))).toEqual(json);
      }),
    );
  });
});

describe("OTLP JSON", () => {
  it("is read into the same message as protobuf", () => {
    const text = JSON.stringify(spanRequest, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(readTraceRequestJson(JSON.parse(text))).toEqual(spanRequest);
  });

  it("names the field that cannot be read", () => {
    const broken = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 7 }] }] }] };
    expect(() => readTraceRequestJson(broken)).toThrow(/resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]\.name.*7/);
  });
});
