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

const byStart = (a: TraceSpan, b: TraceSpan): number => {
  if (a.startTimeUnixNano !== b.startTimeUnixNano) return a.startTimeUnixNano < b.startTimeUnixNano ? -1 : 1;
  return a.spanId < b.spanId ? -1 : a.spanId > b.spanId ? 1 : 0;
};

interface Pending {
  readonly span: TraceSpan;
  readonly indent: string;
  readonly isRoot: boolean;
  readonly isLast: boolean;
}

/**
 * The spans in the order of the tree, each child below its parent by start time. Every span comes exactly once: one
 * whose parent is missing is a root, and so is the first of spans that are each other's parents.
 */
export const spanTreeLines = (spans: readonly TraceSpan[]): SpanTreeLine[] => {
  const sorted = [...spans].sort(byStart);
  const ids = new Set(sorted.map(({ spanId }) => spanId));
  const children = new Map<string, TraceSpan[]>();
  const roots: TraceSpan[] = [];
  for (const span of sorted) {
    const { parentSpanId } = span;
    const siblings = parentSpanId === undefined ? undefined : children.get(parentSpanId);
    if (parentSpanId === undefined || !ids.has(parentSpanId)) roots.push(span);
    else if (siblings === undefined) children.set(parentSpanId, [span]);
    else siblings.push(span);
  }
  const seen = new Set<TraceSpan>();
  return [...roots, ...sorted].flatMap((root) => (seen.has(root) ? [] : subtreeLines(root, children, { ids, seen })));
};

const subtreeLines = (
  root: TraceSpan,
  children: ReadonlyMap<string, readonly TraceSpan[]>,
  known: { readonly ids: ReadonlySet<string>; readonly seen: Set<TraceSpan> },
): SpanTreeLine[] => {
  const lines: SpanTreeLine[] = [];
  const pending: Pending[] = [{ span: root, indent: "", isRoot: true, isLast: true }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { span, indent, isRoot, isLast } = next;
    if (known.seen.has(span)) continue;
    known.seen.add(span);
    const below = isRoot ? "" : `${indent}${isLast ? "   " : "│  "}`;
    const own = (children.get(span.spanId) ?? []).filter((child) => !known.seen.has(child));
    const { parentSpanId } = span;
    lines.push({
      span,
      branch: isRoot ? "" : `${shortened(indent)}${isLast ? "└─ " : "├─ "}`,
      continuation: `${shortened(below)}${own.length > 0 ? "│  " : "   "}`,
      missingParentId: parentSpanId !== undefined && !known.ids.has(parentSpanId) ? parentSpanId : undefined,
    });
    for (const [index, child] of [...own.entries()].toReversed()) {
      pending.push({ span: child, indent: below, isRoot: false, isLast: index === own.length - 1 });
    }
  }
  return lines;
};

const shortened = (indent: string): string => {
  const levels = indent.length / levelCells;
  return levels <= deepestIndent ? indent : `⋯${levels} ${indent.slice(-deepestIndent * levelCells)}`;
};
