import { SpanKind } from "@opentelemetry/api";
import { expect, it } from "vitest";
import { RecordingSpan } from "../provider/recording-span.ts";
import { SpanRecord } from "./records.ts";

it("a span keeps arrays as they were when it ended, whatever the application does with them then", () => {
  const spanContext = { traceId: "0".repeat(31) + "1", spanId: "0".repeat(15) + "1", traceFlags: 1 };
  const span = new RecordingSpan({
    name: "arrays",
    kind: SpanKind.INTERNAL,
    spanContext,
    parentSpanContext: undefined,
    startTime: undefined,
    resource: { attributes: {} },
    instrumentationScope: { name: "test" },
    onEnd: () => undefined,
  });
  const tags = ["before"];
  span.setAttribute("tags", tags).addEvent("bare").addEvent("event", { tags });
  span.addLink({ context: spanContext }).addLink({ context: spanContext, attributes: { tags } });
  span.end();
  const record = new SpanRecord(span, { parentSpanId: undefined });
  tags.push("after");
  const { attributes, events, links } = record.toMessage("tr-1");
  const expected = { key: "tags", json: ["before"] };
  expect(attributes).toContainEqual(expected);
  expect(events.map(({ name, ...event }) => [name, event.attributes])).toEqual([
    ["bare", []],
    ["event", [expected]],
  ]);
  expect(links.map((link) => link.attributes)).toEqual([[], [expected]]);
});
