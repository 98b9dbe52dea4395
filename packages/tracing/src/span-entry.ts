import { trace, type Context, type Span } from "@opentelemetry/api";
import { SpanAttributeKey, type TokenUsage } from "@tracelake/wire";
import { tracingRuntime } from "./runtime.ts";

/** What belongs to a whole trace: shared by all its spans, read by the exporter when the root ends. */
export interface TraceRecord {
  readonly rootSpan: Span;
  clientRequestId: string | undefined;
  requestPreview: string | undefined;
  responsePreview: string | undefined;
  /** Not recorded: sampled out, or begun while tracing was off. */
  isLeftOut: boolean;
  readonly tags: Map<string, string>;
  readonly metadata: Map<string, string>;
}

/** Makes its maps when somebody asks for them: most traces have neither tags nor metadata of their own. */
class LazyTraceRecord implements TraceRecord {
  readonly rootSpan: Span;
  clientRequestId: string | undefined;
  requestPreview: string | undefined;
  responsePreview: string | undefined;
  isLeftOut = false;
  #tags: Map<string, string> | undefined;
  #metadata: Map<string, string> | undefined;

  constructor(rootSpan: Span) {
    this.rootSpan = rootSpan;
  }

  get tags(): Map<string, string> {
    return (this.#tags ??= new Map());
  }

  get metadata(): Map<string, string> {
    return (this.#metadata ??= new Map());
  }
}

/** What tracing keeps beside an OpenTelemetry span. */
export interface SpanEntry {
  readonly name: string;
  readonly trace: TraceRecord;
  /** Whether the span has no parent among the spans of its own trace that we know. */
  readonly isRoot: boolean;
  readonly parent: SpanEntry | undefined;
  /**
   * Set where the span is a model call as its framework sees it. Spans right below are the same call as the provider's
   * client sees it, so their tokens are kept here and not on them: whoever adds up spans counts each token once.
   */
  modelCall: { usageBelow: TokenUsage | undefined } | undefined;
  /** The span's own token usage. */
  usage: TokenUsage | undefined;
  /** The sum of what ended below the span; a span below one that has usage of its own does not count. */
  usageBelow: TokenUsage | undefined;
  /** Attributes whose string value is JSON text of a structured value. */
  structuredKeys: ReadonlySet<string>;
  /** The last context that was made with the span in it: most of what is in a span begins in one and the same. */
  inside: { readonly from: Context; readonly context: Context } | undefined;
  /** Whether the tokens were passed up: with two processors on one provider they would be counted twice. */
  isFolded: boolean;
  hasOutputs: boolean;
  isError: boolean;
  isEnded: boolean;
}

// One for all spans: hardly any has more.
const usuallyStructured: ReadonlySet<string> = new Set([
  SpanAttributeKey.INPUTS,
  SpanAttributeKey.OUTPUTS,
  SpanAttributeKey.CHAT_TOOLS,
]);

/** Notes that an attribute's text is JSON of a structured value. */
export const noteStructured = (entry: SpanEntry, key: string): void => {
  if (!entry.structuredKeys.has(key)) entry.structuredKeys = new Set([...entry.structuredKeys, key]);
};

const entryKey = Symbol.for("tracelake.tracing.entry.1");

// A property, since a weak map of all spans costs the garbage collector more than everything else that is recorded.
interface WithEntry {
  [entryKey]?: SpanEntry;
}

/** The entry of a span that {@link registerSpan} has seen. */
export const entryOf = (span: object): SpanEntry | undefined =>
  (span as WithEntry)[entryKey] ?? tracingRuntime().entries.get(span);

const aboveKey = Symbol.for("tracelake.tracing.above.1");

interface WithEntryAbove {
  [aboveKey]?: SpanEntry;
}

/** The entry that what begins below a span hangs on: its own, or that of the nearest known one above it. */
export const entryAbove = (parent: object | undefined): SpanEntry | undefined =>
  parent === undefined ? undefined : (entryOf(parent) ?? (parent as WithEntryAbove)[aboveKey]);

/** Makes a started span known as one that is not recorded: what begins below it hangs on what it would have hung on. */
export const passOver = (span: Span, parent: Span | undefined): void => {
  const above = entryAbove(parent);
  if (above !== undefined && Object.isExtensible(span)) (span as WithEntryAbove)[aboveKey] = above;
};

const keepEntry = (span: object, entry: SpanEntry): void => {
  if (Object.isExtensible(span)) (span as WithEntry)[entryKey] = entry;
  else tracingRuntime().entries.set(span, entry);
};

/**
 * Makes a started span known, once. `parent` is the span that was active or given at its start; a parent that is not
 * known itself (an HTTP server's span, a remote caller) makes the span a root, unless it was {@link passOver passed over}.
 */
export const registerSpan = (span: Span, parent: Span | undefined, name: string): SpanEntry => {
  const known = entryOf(span);
  if (known !== undefined) return known;
  const parentEntry = entryAbove(parent);
  const entry: SpanEntry = {
    name,
    trace: parentEntry?.trace ?? new LazyTraceRecord(span),
    isRoot: parentEntry === undefined,
    parent: parentEntry,
    modelCall: undefined,
    usage: undefined,
    usageBelow: undefined,
    structuredKeys: usuallyStructured,
    inside: undefined,
    isFolded: false,
    hasOutputs: false,
    isError: false,
    isEnded: false,
  };
  keepEntry(span, entry);
  return entry;
};

/** A context with a span in it, made once for all that begins in the same context. */
export const contextWith = (from: Context, span: Span): Context => {
  const entry = entryOf(span);
  if (entry?.inside?.from === from) return entry.inside.context;
  const inside = trace.setSpan(from, span);
  if (entry?.isEnded === false) entry.inside = { from, context: inside };
  return inside;
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
