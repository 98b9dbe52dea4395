import type { Span } from "@opentelemetry/api";
import type { TokenUsage } from "@tracelake/wire";
import { tracingRuntime } from "./runtime.ts";

/** What belongs to a whole trace: shared by all its spans, read by the exporter when the root ends. */
export interface TraceRecord {
  readonly tags: Map<string, string>;
  readonly metadata: Map<string, string>;
  clientRequestId: string | undefined;
  requestPreview: string | undefined;
  responsePreview: string | undefined;
  readonly rootSpan: Span;
}

/** What tracing keeps beside an OpenTelemetry span. */
export interface SpanEntry {
  readonly name: string;
  readonly trace: TraceRecord;
  /** Whether the span has no parent among the spans of its own trace that we know. */
  readonly isRoot: boolean;
  readonly parent: SpanEntry | undefined;
  /** The span's own token usage. */
  usage: TokenUsage | undefined;
  /** The sum of what ended below the span; a span below one that has usage of its own does not count. */
  usageBelow: TokenUsage | undefined;
  /** Attributes whose string value is JSON text of a structured value. */
  readonly structuredKeys: Set<string>;
  /** Whether the tokens were passed up: with two processors on one provider they would be counted twice. */
  isFolded: boolean;
  hasOutputs: boolean;
  isError: boolean;
  isEnded: boolean;
}

/** The entry of a span that {@link registerSpan} has seen. */
export const entryOf = (span: object): SpanEntry | undefined => tracingRuntime().entries.get(span);

/**
 * Makes a started span known, once. `parent` is the span that was active or given at its start; a parent that is not
 * known itself (an HTTP server's span, a remote caller) makes the span a root.
 */
export const registerSpan = (span: Span, parent: Span | undefined, name: string): SpanEntry => {
  const { entries } = tracingRuntime();
  const known = entries.get(span);
  if (known !== undefined) return known;
  const parentEntry = parent === undefined ? undefined : entries.get(parent);
  const entry: SpanEntry = {
    name,
    trace: parentEntry?.trace ?? {
      tags: new Map(),
      metadata: new Map(),
      clientRequestId: undefined,
      requestPreview: undefined,
      responsePreview: undefined,
      rootSpan: span,
    },
    isRoot: parentEntry === undefined,
    parent: parentEntry,
    usage: undefined,
    usageBelow: undefined,
    structuredKeys: new Set(),
    isFolded: false,
    hasOutputs: false,
    isError: false,
    isEnded: false,
  };
  entries.set(span, entry);
  return entry;
};

/** Adds two usages; a detail that only one has is kept. */
export const addUsage = (left: TokenUsage | undefined, right: TokenUsage | undefined): TokenUsage | undefined => {
  if (left === undefined || right === undefined) return left ?? right;
  const sum: TokenUsage = {
    input_tokens: left.input_tokens + right.input_tokens,
    output_tokens: left.output_tokens + right.output_tokens,
    total_tokens: left.total_tokens + right.total_tokens,
  };
  for (const key of ["cache_read_input_tokens", "cache_creation_input_tokens"] as const) {
    if (left[key] !== undefined || right[key] !== undefined) sum[key] = (left[key] ?? 0) + (right[key] ?? 0);
  }
  return sum;
};

/**
 * Passes an ended span's tokens up to its parent.
 *
 * @returns the usage of the span and everything that ended below it.
 */
export const foldUsage = (entry: SpanEntry): TokenUsage | undefined => {
  const total = entry.usage ?? entry.usageBelow;
  if (entry.parent !== undefined && !entry.isFolded) entry.parent.usageBelow = addUsage(entry.parent.usageBelow, total);
  entry.isFolded = true;
  return total;
};
