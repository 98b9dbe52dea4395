import type { TraceSpan } from "./trace.ts";

/** A span with the spans below it, in the order in which they started. */
export interface SpanNode {
  readonly span: TraceSpan;
  readonly children: readonly SpanNode[];
}

const byStart = (a: TraceSpan, b: TraceSpan): number =>
  a.startTimeUnixNano < b.startTimeUnixNano ? -1 : a.startTimeUnixNano > b.startTimeUnixNano ? 1 : 0;

/**
 * The spans of a trace as trees. A whole trace is one tree; a span whose parent has not come is a root beside it.
 */
export const toSpanTree = (spans: readonly TraceSpan[]): SpanNode[] => {
  const nodes = new Map([...spans].sort(byStart).map((span) => [span.spanId, { span, children: [] as SpanNode[] }]));
  const roots: SpanNode[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.span.parentSpanId ?? "");
    (parent === undefined || parent === node ? roots : parent.children).push(node);
  }
  return roots;
};
