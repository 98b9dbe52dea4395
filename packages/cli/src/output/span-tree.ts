import { toSpanTree, walkSpanTree } from "@tracelake/workspace-client";
import type { TraceSpan } from "../data/trace.ts";

/** A span with what draws the lines before its name. */
export interface SpanTreeLine {
  readonly span: TraceSpan;
  /** The lines before the span's own name, such as `│  ├─ `. */
  readonly branch: string;
  /** The lines before whatever else is said of the span, such as `│  │  `. */
  readonly continuation: string;
  /** The parent's id, where the table has no such span. */
  readonly missingParentId: string | undefined;
}

// A tree deeper than this is drawn as if the levels before it had no lines: a loop can nest thousands of spans.
const deepestIndent = 24;
const levelCells = 3;

/** The spans in the order of their trees, with what draws these. Every span comes exactly once. */
export const spanTreeLines = (spans: readonly TraceSpan[]): SpanTreeLine[] => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const lines: SpanTreeLine[] = [];
  // The lines that are drawn through each level, as the parent above it left them.
  const indents: string[] = [];
  for (const { node, depth, isLast } of walkSpanTree(toSpanTree(spans))) {
    const { span, children } = node;
    const { parentSpanId } = span;
    const isRoot = depth === 0;
    const indent = indents[depth] ?? "";
    const below = isRoot ? "" : `${indent}${isLast ? "   " : "│  "}`;
    indents[depth + 1] = below;
    lines.push({
      span,
      branch: isRoot ? "" : `${shortened(indent)}${isLast ? "└─ " : "├─ "}`,
      continuation: `${shortened(below)}${children.length > 0 ? "│  " : "   "}`,
      missingParentId: parentSpanId !== undefined && !ids.has(parentSpanId) ? parentSpanId : undefined,
    });
  }
  return lines;
};

const shortened = (indent: string): string => {
  const levels = indent.length / levelCells;
  return levels <= deepestIndent ? indent : `⋯${levels} ${indent.slice(-deepestIndent * levelCells)}`;
};
