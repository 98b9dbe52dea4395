import type { TraceSpan } from "./trace.ts";

/** What of a span says where it stands in its trace. */
export interface PlacedSpan {
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Nanoseconds since 1970. */
  readonly startTimeUnixNano: bigint;
}

/** A span with the spans below it, in the order in which they started. */
export interface SpanNode<Span extends PlacedSpan = TraceSpan> {
  readonly span: Span;
  readonly children: readonly SpanNode<Span>[];
}

/** A span on the way through its tree. */
export interface SpanVisit<Span extends PlacedSpan = TraceSpan> {
  readonly node: SpanNode<Span>;
  /** How many spans stand above it. */
  readonly depth: number;
  /** Whether it is the last of its parent's children. */
  readonly isLast: boolean;
}

/** Orders spans by the time at which they started; those of the same time stay as they came. */
export const byStart = (a: PlacedSpan, b: PlacedSpan): number =>
  a.startTimeUnixNano < b.startTimeUnixNano ? -1 : a.startTimeUnixNano > b.startTimeUnixNano ? 1 : 0;

interface GrowingNode<Span extends PlacedSpan> extends SpanNode<Span> {
  readonly children: GrowingNode<Span>[];
}

const childrenById = <Span extends PlacedSpan>(spans: readonly Span[]): ReadonlyMap<string, readonly Span[]> => {
  const children = new Map<string, Span[]>();
  for (const span of spans) {
    if (span.parentSpanId === undefined) continue;
    const siblings = children.get(span.parentSpanId);
    if (siblings === undefined) children.set(span.parentSpanId, [span]);
    else siblings.push(span);
  }
  return children;
};

/**
 * The spans of a trace as trees. A whole trace is one tree; a span whose parent has not come is a root beside it, and so
 * is the first of spans that are each other's parents. Every span comes exactly once.
 */
export const toSpanTree = <Span extends PlacedSpan = TraceSpan>(spans: readonly Span[]): SpanNode<Span>[] => {
  const sorted = spans.toSorted(byStart);
  const ids = new Set(sorted.map(({ spanId }) => spanId));
  const below = childrenById(sorted);
  const seen = new Set<Span>();
  const plant = (span: Span): GrowingNode<Span> => {
    seen.add(span);
    return { span, children: [] };
  };
  const tops = sorted.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
  const roots: SpanNode<Span>[] = [];
  for (const top of [...tops, ...sorted]) {
    if (seen.has(top)) continue;
    const root = plant(top);
    roots.push(root);
    const growing = [root];
    for (const node of growing) {
      for (const child of below.get(node.span.spanId) ?? []) {
        if (seen.has(child)) continue;
        const childNode = plant(child);
        node.children.push(childNode);
        growing.push(childNode);
      }
    }
  }
  return roots;
};

const visitsOf = <Span extends PlacedSpan>(nodes: readonly SpanNode<Span>[], depth: number): SpanVisit<Span>[] =>
  nodes.map((node, index) => ({ node, depth, isLast: index === nodes.length - 1 })).toReversed();

/** Goes through trees of any depth: each span before those below it, siblings in their order. */
export const walkSpanTree = function* <Span extends PlacedSpan = TraceSpan>(
  roots: readonly SpanNode<Span>[],
): Generator<SpanVisit<Span>, void, undefined> {
  const pending = visitsOf(roots, 0);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield next;
    for (const visit of visitsOf(next.node.children, next.depth + 1)) pending.push(visit);
  }
};
