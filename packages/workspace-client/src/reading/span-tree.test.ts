import { describe, expect, it } from "vitest";
import { toSpanTree, walkSpanTree, type PlacedSpan } from "./span-tree.ts";

const span = (spanId: string, parentSpanId: string | undefined, start: number): PlacedSpan => ({
  spanId,
  parentSpanId,
  startTimeUnixNano: BigInt(start),
});

const walked = (spans: readonly PlacedSpan[]): (readonly [id: string, depth: number, isLast: boolean])[] =>
  [...walkSpanTree(toSpanTree(spans))].map(({ node, depth, isLast }) => [node.span.spanId, depth, isLast]);

describe("the tree of a trace's spans", () => {
  it("has each span below its parent, by start, and beside it those whose parent has not come", () => {
    const spans = [
      span("c", "root", 3),
      span("lost", "gone", 4),
      span("b", "a", 2),
      span("root", undefined, 0),
      span("a", "root", 1),
    ];
    expect(walked(spans)).toEqual([
      ["root", 0, false],
      ["a", 1, false],
      ["b", 2, true],
      ["c", 1, true],
      ["lost", 0, true],
    ]);
  });

  it("leaves out none of spans that are each other's parents, nor one that is its own", () => {
    expect(walked([span("b", "a", 2), span("a", "b", 1), span("self", "self", 3)])).toEqual([
      ["a", 0, false],
      ["b", 1, true],
      ["self", 0, true],
    ]);
  });

  it("leaves out none of two spans with the same id", () => {
    const spans = [span("root", undefined, 0), span("x", "root", 1), span("x", "root", 2), span("leaf", "x", 3)];
    expect(walked(spans).map(([id, depth]) => `${id} ${depth}`)).toEqual(["root 0", "x 1", "leaf 2", "x 1"]);
  });

  it("may be of any depth", () => {
    const chain = Array.from({ length: 50_000 }, (_, at) => span(`s${at}`, at === 0 ? undefined : `s${at - 1}`, at));
    expect(walked(chain).at(-1)).toEqual(["s49999", 49_999, true]);
  });
});
