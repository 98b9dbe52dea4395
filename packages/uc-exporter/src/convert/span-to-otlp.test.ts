import { SpanKind } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { RecordingSpan } from "../provider/recording-span.ts";
import { toOtlpSpan } from "./span-to-otlp.ts";

it("a text of a span that is too large is cut between characters", () => {
  const span = new RecordingSpan({
    name: "large",
    kind: SpanKind.INTERNAL,
    spanContext: { traceId: "0".repeat(31) + "1", spanId: "0".repeat(15) + "1", traceFlags: 1 },
    parentSpanContext: undefined,
    startTime: undefined,
    resource: { attributes: {} },
    instrumentationScope: { name: "test" },
    onEnd: () => undefined,
  });
  const beginning = "a".repeat(1024 * 1024 - 1);
  const { attributes } = toOtlpSpan(span, {
    parentSpanId: undefined,
    values: { attributes: { text: `${beginning}😀` }, events: [], links: [] },
    traceRequestId: "tr-1",
    structuredKeys: undefined,
    isLarge: true,
  });
  expect(attributes).toContainEqual({ key: "text", json: `${beginning}… [cut, ${beginning.length + 2} characters]` });
});
