import { describe, expect, it } from "vitest";
import type { TraceSummary } from "../data/trace.ts";
import { formatTime } from "./duration.ts";
import { displayWidth } from "./text-width.ts";
import { renderTraceList } from "./trace-list.ts";

const start = 1_777_894_620_000_000_001n;

const summary = (given: Partial<TraceSummary>): TraceSummary => ({
  location: { kind: "schema", catalog: "my_catalog", schema: "my_schema" },
  traceId: "aaaabbbb000000000000000000000002",
  name: "answer_ticket",
  state: "OK",
  startTimeUnixNano: start,
  endTimeUnixNano: start + 303_000_000n,
  spanCount: 9,
  failedSpanCount: 0,
  tokens: { total_tokens: 1435 },
  session: "chat-7f21",
  user: "amelie.roux",
  requestPreview: "Where is my order FH-1042? It should have been here on Monday.",
  tags: {},
  metadata: {},
  ...given,
});

const failed = summary({
  traceId: "cccc0000000000000000000000000003",
  state: "ERROR",
  failedSpanCount: 2,
  tokens: undefined,
  session: undefined,
});

describe("renderTraceList", () => {
  it("shows everything where there is room, and no location where all have the same", () => {
    const time = formatTime(start);
    expect(renderTraceList([summary({}), failed])).toEqual([
      "TRACE                             TIME                 NAME           STATUS  DURATION   SPANS  TOKENS  SESSION    USER         REQUEST",
      "────────────────────────────────  ───────────────────  ─────────────  ──────  ────────  ──────  ──────  ─────────  ───────────  ──────────────────────────────────────────────────────────────",
      `aaaabbbb000000000000000000000002  ${time}  answer_ticket  OK        303 ms       9   1,435  chat-7f21  amelie.roux  Where is my order FH-1042? It should have been here on Monday.`,
      `cccc0000000000000000000000000003  ${time}  answer_ticket  ERROR     303 ms  9 (2✗)                     amelie.roux  Where is my order FH-1042? It should have been here on Monday.`,
    ]);
  });

  it("keeps ids, times and states whole on a narrow terminal, and does without the rest", () => {
    const time = formatTime(start, { isShort: true });
    const lines = renderTraceList([summary({}), failed], { width: 80 });
    expect(lines).toEqual([
      "TRACE         TIME         NAME           STATUS  DURATION   SPANS  REQUEST",
      "────────────  ───────────  ─────────────  ──────  ────────  ──────  ────────────",
      `aaaabbbb0000  ${time}  answer_ticket  OK        303 ms       9  Where is my…`,
      `cccc00000000  ${time}  answer_ticket  ERROR     303 ms  9 (2✗)  Where is my…`,
    ]);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it("writes as much of the ids as tells them apart", () => {
    const twin = summary({ traceId: "aaaabbbb000000000000100000000002" });
    const lines = renderTraceList([summary({}), twin], { width: 100 });
    expect(lines.slice(2).map((line) => line.split(" ")[0])).toEqual([
      "aaaabbbb000000000000000000000002".slice(0, 24),
      "aaaabbbb000000000000100000000002".slice(0, 24),
    ]);
  });
});
