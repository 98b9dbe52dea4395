import { SpanKind, SpanStatusCode, type Exception, type Link, type SpanStatus } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { RecordingSpan } from "./recording-span.ts";

const startSpan = () => {
  const ended: unknown[] = [];
  const span = new RecordingSpan({
    name: "work",
    kind: SpanKind.INTERNAL,
    spanContext: { traceId: "0".repeat(31) + "1", spanId: "0".repeat(15) + "1", traceFlags: 1 },
    parentSpanContext: undefined,
    startTime: undefined,
    resource: { attributes: {} },
    instrumentationScope: { name: "test" },
    onEnd: (one) => ended.push(one),
  });
  return { span, ended };
};

describe("a span", () => {
  // As a caller without types may.
  const nothing: readonly unknown[] = [undefined, null];
  it.each(nothing)("throws at nothing that it is told, if it is %j", (value) => {
    const { span, ended } = startSpan();
    span.setAttributes(value as null).setStatus(value as null);
    span.addLink(value as null).addLinks(value as null);
    span.addEvent("event", value as undefined, value as undefined);
    span.recordException(value as null, value as undefined);
    span.end(value as undefined);
    expect(ended).toEqual([span]);
    expect(span).toMatchObject({ attributes: {}, links: [], status: { code: SpanStatusCode.UNSET } });
    expect(span.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ["event", {}],
      ["exception", { "exception.message": String(value) }],
    ]);
  });

  it("takes a time that is none for now", () => {
    const { span } = startSpan();
    span.end("yesterday" as unknown as number);
    expect(span.endTime[0]).toBeGreaterThanOrEqual(span.startTime[0]);
  });

  it("keeps what it is told", () => {
    const { span } = startSpan();
    const link: Link = { context: span.spanContext() };
    const status: SpanStatus = { code: SpanStatusCode.ERROR, message: "failed" };
    const exception: Exception = new TypeError("wrong");
    span.setAttributes({ a: 1 }).addLink(link).setStatus(status);
    span.recordException(exception);
    expect(span).toMatchObject({ attributes: { a: 1 }, links: [link], status });
    expect(span.events[0]?.attributes).toMatchObject({ "exception.type": "TypeError", "exception.message": "wrong" });
  });
});
