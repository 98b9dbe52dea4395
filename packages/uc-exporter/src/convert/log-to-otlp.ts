import { redactValue, type CapturePolicy } from "@tracelake/tracing";
import { LogEventName, type AnyValue, type KeyValue, type LogRecord } from "@tracelake/wire";
import type { ReadableLogRecord } from "../readable-log-record.ts";
import { toOtlpAttributes, toOtlpValue } from "./value-to-otlp.ts";
import { toUnixNano } from "./span-to-otlp.ts";

const mlflowEventNames: ReadonlySet<unknown> = new Set(Object.values(LogEventName));

// MLflow reads a trace's tags, metadata and assessments from log records of these names: https://docs.databricks.com/aws/en/mlflow3/genai/tracing/observe-with-traces/query-dbsql
const ownEventName = (name: string): string => (mlflowEventNames.has(name) ? `application.${name}` : name);

const eventNameAttribute = "event.name";

type Attributes = ReadableLogRecord["attributes"];

const redacted = (value: unknown, key: string, policy: CapturePolicy): AnyValue =>
  policy.redact === undefined
    ? toOtlpValue(value)
    : toOtlpValue(redactValue(policy, value, { field: "log", key, spanName: "" }));

const toAttributes = (attributes: Attributes, policy: CapturePolicy): KeyValue[] => {
  const entries: KeyValue[] =
    policy.redact === undefined
      ? toOtlpAttributes(attributes)
      : Object.entries(attributes).flatMap(([key, value]) =>
          value === undefined ? [] : [{ key, value: redacted(value, key, policy) }],
        );
  // Older SDKs have no other place for the name of an event.
  const name = attributes[eventNameAttribute];
  if (typeof name !== "string" || !mlflowEventNames.has(name)) return entries;
  const renamed = { key: eventNameAttribute, value: { stringValue: ownEventName(name) } };
  return entries.map((entry) => (entry.key === eventNameAttribute ? renamed : entry));
};

/**
 * A log record in OTLP's form. The capture policy's redaction sees its body and each of its attributes; whether content
 * is recorded is nothing that the policy says of logs, which somebody wrote on purpose.
 */
export const toOtlpLogRecord = (record: ReadableLogRecord, policy: CapturePolicy): LogRecord => {
  const { spanContext, severityNumber, severityText, body, eventName } = record;
  return {
    timeUnixNano: toUnixNano(record.hrTime),
    observedTimeUnixNano: toUnixNano(record.hrTimeObserved),
    ...(severityNumber === undefined ? {} : { severityNumber }),
    ...(severityText === undefined ? {} : { severityText }),
    ...(body === undefined ? {} : { body: redacted(body, "body", policy) }),
    attributes: toAttributes(record.attributes, policy),
    droppedAttributesCount: record.droppedAttributesCount,
    ...(spanContext === undefined
      ? {}
      : { traceId: spanContext.traceId, spanId: spanContext.spanId, flags: spanContext.traceFlags }),
    ...(eventName === undefined ? {} : { eventName: ownEventName(eventName) }),
  };
};

/** What is left of a record whose values cannot be read. */
export const toSkeletonLogRecord = (reason: unknown): LogRecord => ({
  timeUnixNano: BigInt(Date.now()) * 1_000_000n,
  attributes: [
    {
      key: "tracelake.encode_error",
      value: { stringValue: (reason instanceof Error ? reason.message : typeof reason).slice(0, 500) },
    },
  ],
});
