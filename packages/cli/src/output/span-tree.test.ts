import { describe, expect, it } from "vitest";
import type { TraceSpan } from "../data/trace.ts";
import { spanTreeLines } from "./span-tree.ts";

const span = (spanId: string, parentSpanId: string | undefined, startMillis: number): TraceSpan => ({
  spanId,
  parentSpanId,
  name: spanId,
  type: undefined,
  model: undefined,
  startTimeUnixNano: BigInt(startMillis) * 1_000_000n,
  endTimeUnixNano: undefined,
  isFailed: false,
  statusMessage: undefined,
  tokens: undefined,
  inputs: undefined,
  outputs: undefined,
});

const drawn = (spans: readonly TraceSpan[]): string[] =>
  spanTreeLines(spans).map(({ branch, span: { name } }) => branch + name);

describe("spanTreeLines", () => {
  it("draws children below their parent in the order they started, whatever order they come in", () => {
    const spans = [
      span("leaf", "second", 30),
      span("second", "root", 20),
      span("last", "root", 40),
      span("root", undefined, 0),
      span("deep", "first", 12),
      span("first", "root", 10),
    ];
    expect(drawn(spans)).toEqual(["root", "├─ first", "│  └─ deep", "├─ second", "│  └─ leaf", "└─ last"]);
  });

  it("continues the lines below a span for what else is said of it", () => {
    const spans = [span("root", undefined, 0), span("a", "root", 1), span("b", "root", 2), span("c", "a", 3)];
    expect(spanTreeLines(spans).map(({ continuation }) => continuation)).toEqual([
      "│  ",
      "│  │  ",
      "│        ",
      "      ",
    ]);
  });

  it("takes a span whose parent is missing as a root, and says so", () => {
    const lines = spanTreeLines([span("root", undefined, 0), span("lost", "gone", 1)]);
    expect(lines.map(({ branch, missingParentId }) => [branch, missingParentId])).toEqual([
      ["", undefined],
      ["", "gone"],
    ]);
  });

  it("shows spans that are each other's parents once each", () => {
    expect(drawn([span("a", "b", 1), span("b", "a", 2), span("self", "self", 3)])).toEqual(["a", "└─ b", "self"]);
  });

  it("shows two spans of the same id", () => {
    expect(drawn([span("root", undefined, 0), span("x", "root", 1), span("x", "root", 2)])).toEqual([
      "root",
      "├─ x",
      "└─ x",
    ]);
  });

  it("draws thousands of levels without growing with them", () => {
    const chain = Array.from({ length: 5000 }, (_, level) =>
      span(`s${level}`, level === 0 ? undefined : `s${level - 1}`, level),
    );
    const lines = spanTreeLines(chain);
    expect(lines).toHaveLength(5000);
    expect(Math.max(...lines.map(({ branch }) => branch.length))).toBeLessThan(90);
    expect(lines[4999]?.branch).toMatch(/^⋯4998 +└─ $/);
  });

  it("draws more spans side by side than a call has room for arguments", () => {
    const calls = Array.from({ length: 200_000 }, (_, number) => span(`s${number}`, "root", number + 1));
    expect(spanTreeLines([span("root", undefined, 0), ...calls])).toHaveLength(200_001);
  });
});
