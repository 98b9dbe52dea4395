import type { HrTime, SpanContext } from "@opentelemetry/api";
import type { ReadableSpan } from "./readable-span.ts";

/**
 * A log record as it is read here: one of OpenTelemetry's SDK (`@opentelemetry/sdk-logs` ≥ 0.200) is one. It is described
 * here, as an application without that package would otherwise not compile.
 */
export interface ReadableLogRecord {
  readonly hrTime: HrTime;
  readonly hrTimeObserved: HrTime;
  readonly spanContext?: SpanContext | undefined;
  readonly severityText?: string | undefined;
  readonly severityNumber?: number | undefined;
  readonly body?: unknown;
  readonly eventName?: string | undefined;
  readonly resource: ReadableSpan["resource"];
  readonly instrumentationScope: ReadableSpan["instrumentationScope"];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly droppedAttributesCount: number;
}
