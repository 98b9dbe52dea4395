import { SpanStatusCode } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

const statusMark = (span: ReadableSpan): string => {
  if (span.status.code === SpanStatusCode.OK) return "";
  return span.status.code === SpanStatusCode.ERROR ? " ERROR" : " UNSET";
};

const startOf = ({ startTime: [seconds, nanos] }: ReadableSpan): number => seconds * 1e9 + nanos;

const lineOf = (span: ReadableSpan): string =>
  `${span.name} ${String(span.attributes["mlflow.spanType"])}${statusMark(span)}`;

/** The spans as lines, indented by their parents: `name TYPE`, and `ERROR` where one failed. */
export const treeOf = (spans: readonly ReadableSpan[]): string[] => {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const sorted = spans.toSorted((left, right) => startOf(left) - startOf(right));
  const below = (parentId: string | undefined, indent: string): string[] =>
    sorted
      .filter(({ parentSpanContext }) => {
        const id = parentSpanContext?.spanId;
        return parentId === undefined ? id === undefined || !ids.has(id) : id === parentId;
      })
      .flatMap((span) => [indent + lineOf(span), ...below(span.spanContext().spanId, `${indent}  `)]);
  return below(undefined, "");
};

/** How many traces the spans belong to. */
export const traceCount = (spans: readonly ReadableSpan[]): number =>
  new Set(spans.map((span) => span.spanContext().traceId)).size;

/** The value of an attribute that holds JSON. */
export const valueOf = (span: ReadableSpan, key: string): unknown => {
  const value = span.attributes[key];
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
};

export const inputsOf = (span: ReadableSpan): unknown => valueOf(span, "mlflow.spanInputs");
export const outputsOf = (span: ReadableSpan): unknown => valueOf(span, "mlflow.spanOutputs");
export const usageOf = (span: ReadableSpan): unknown => valueOf(span, "mlflow.chat.tokenUsage");
