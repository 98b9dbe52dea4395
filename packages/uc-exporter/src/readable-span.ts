import type { Attributes, Context, HrTime, Link, Span, SpanContext, SpanKind, SpanStatus } from "@opentelemetry/api";

/** Something that happened during a span. */
export interface TimedEvent {
  readonly time: HrTime;
  readonly name: string;
  readonly attributes?: Attributes;
  readonly droppedAttributesCount?: number;
}

/** A link of an ended span. */
export type RecordedLink = Link & { readonly droppedAttributesCount?: number };

/** An ended span as it is read here: a span of OpenTelemetry's SDK, of any version since 2.0, is one. */
export interface ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: () => SpanContext;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: readonly RecordedLink[];
  readonly events: readonly TimedEvent[];
  readonly resource: { readonly attributes: Attributes };
  readonly instrumentationScope: { readonly name: string; readonly version?: string };
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** What is known of a span when it begins: later attributes, and a name that it gets later, are not. */
export type SpanAtStart = Pick<
  ReadableSpan,
  "name" | "kind" | "attributes" | "instrumentationScope" | "parentSpanContext" | "spanContext"
>;

/** A span at its start. */
export type StartedSpan = Span & SpanAtStart;

/** What a provider tells of its spans: the part of OpenTelemetry's `SpanProcessor` that ours uses. */
export interface SpanListener {
  onStart(span: StartedSpan, parentContext: Context): void;
  onEnd(span: ReadableSpan): void;
}

/** Whether a batch was taken; the numbers are OpenTelemetry's. */
export const ExportResultCode = { SUCCESS: 0, FAILED: 1 } as const;
export type ExportResultCode = (typeof ExportResultCode)[keyof typeof ExportResultCode];

/** What an exporter says of a batch. */
export interface ExportResult {
  readonly code: ExportResultCode;
  readonly error?: Error;
}
