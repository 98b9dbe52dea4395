import { describe, expect, it } from "vitest";
import type { TraceSpan, TraceSummary } from "../data/trace.ts";
import { formatTime } from "./duration.ts";
import { displayWidth } from "./text-width.ts";
import { renderTrace } from "./trace-view.ts";

const start = 1_777_894_620_000_000_001n;
const at = (millis: number): bigint => start + BigInt(millis) * 1_000_000n;

const summary: TraceSummary = {
  location: { kind: "schema", catalog: "my_catalog", schema: "my_schema" },
  traceId: "aaaabbbb000000000000000000000002",
  name: "answer_ticket",
  state: "OK",
  startTimeUnixNano: start,
  endTimeUnixNano: at(303),
  spanCount: 3,
  failedSpanCount: 1,
  tokens: { input_tokens: 1412, output_tokens: 23, total_tokens: 1435 },
  session: "chat-7f21",
  user: "amelie.roux",
  requestPreview: "Where is\u001b[31m FH-1071?",
  tags: { "mlflow.traceName": "answer_ticket", channel: "chat", ticket: "T-2004" },
  metadata: {},
};

const span = (given: Partial<TraceSpan> & Pick<TraceSpan, "spanId">): TraceSpan => ({
  parentSpanId: undefined,
  name: given.spanId,
  type: undefined,
  model: undefined,
  startTimeUnixNano: start,
  endTimeUnixNano: at(303),
  isFailed: false,
  statusMessage: undefined,
  tokens: undefined,
  inputs: undefined,
  outputs: undefined,
  ...given,
});

const spans: TraceSpan[] = [
  span({ spanId: "answer_ticket", type: "CHAIN", inputs: '{"text":"Where"}', outputs: "Sorry\n\u0007" }),
  span({
    spanId: "Completions",
    parentSpanId: "answer_ticket",
    type: "CHAT_MODEL",
    model: "gemma-3-270m",
    tokens: { input_tokens: 1412, output_tokens: 23 },
    startTimeUnixNano: at(14),
    endTimeUnixNano: at(134),
  }),
  span({
    spanId: "lookup_order",
    parentSpanId: "answer_ticket",
    type: "TOOL",
    isFailed: true,
    statusMessage: "no answer\nin 150 ms",
    startTimeUnixNano: at(136),
    endTimeUnixNano: undefined,
  }),
];

describe("renderTrace", () => {
  it("shows what the trace was and the tree of its spans", () => {
    expect(renderTrace(summary, spans)).toEqual([
      `answer_ticket  OK  303 ms  ${formatTime(start)}`,
      "trace    trace:/my_catalog.my_schema/aaaabbbb000000000000000000000002",
      "session  chat-7f21",
      "user     amelie.roux",
      "tokens   1,412 → 23",
      "tags     channel=chat ticket=T-2004",
      "request  Where is\\x1b[31m FH-1071?",
      "",
      "answer_ticket      CHAIN         +0 ms   303 ms",
      "├─ Completions     CHAT_MODEL   +14 ms   120 ms  gemma-3-270m  1,412 → 23 tokens",
      "└─ ✗ lookup_order  TOOL        +136 ms  running",
      "      no answer\\nin 150 ms",
    ]);
  });

  it("shows inputs and outputs below the span they belong to", () => {
    expect(renderTrace(summary, spans, { showIo: true }).slice(8, 12)).toEqual([
      "answer_ticket      CHAIN         +0 ms   303 ms",
      '│  in   {"text":"Where"}',
      "│  out  Sorry\\n\\x07",
      "├─ Completions     CHAT_MODEL   +14 ms   120 ms  gemma-3-270m  1,412 → 23 tokens",
    ]);
  });

  it("fits the terminal", () => {
    const wide = [
      ...spans,
      span({ spanId: "long", parentSpanId: "answer_ticket", name: "長い名前".repeat(40), inputs: "x".repeat(10_000) }),
    ];
    for (const line of renderTrace(summary, wide, { width: 70, showIo: true })) {
      expect(displayWidth(line)).toBeLessThanOrEqual(70);
    }
  });

  it("says that the root span or a parent is missing", () => {
    const { name: _name, ...rest } = summary;
    const lines = renderTrace({ ...rest, name: undefined, state: "IN_PROGRESS", endTimeUnixNano: undefined }, [
      span({ spanId: "orphan", parentSpanId: "0000000000000008" }),
    ]);
    expect(lines[0]).toBe(`(the root span has not arrived)  IN_PROGRESS  ${formatTime(start)}`);
    expect(lines.at(-1)).toBe("   its parent span 0000000000000008 is not in the table");
  });
});
