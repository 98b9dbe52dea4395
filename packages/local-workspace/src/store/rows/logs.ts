import { fromAnyValue, type LogRecord, type LogsRequest, type Resource } from "@tracelake/wire";
import type { Generation } from "../schema/generation.ts";
import {
  encodingOf,
  identifier,
  int32,
  int64,
  originCells,
  recordCells,
  text,
  wellFormed,
  type Row,
  type ValueEncoding,
} from "./cells.ts";
import { timeOrderedId } from "./record-id.ts";

const severities = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** OTLP's name of a severity, such as `SEVERITY_NUMBER_INFO2` for 10: the tables hold enumerations by name. */
const severityName = (severity: number | undefined): string => {
  const number = severity ?? 0;
  const base = severities[Math.floor((number - 1) / 4)];
  if (base === undefined || number < 1) return "SEVERITY_NUMBER_UNSPECIFIED";
  const step = ((number - 1) % 4) + 1;
  return `SEVERITY_NUMBER_${base}${step === 1 ? "" : step}`;
};

// Older SDKs write the event name as an attribute: https://opentelemetry.io/docs/specs/semconv/general/events/
const eventName = (record: LogRecord): string | null => {
  if (record.eventName) return wellFormed(record.eventName);
  const attribute = record.attributes.find(({ key }) => key === "event.name");
  const value = fromAnyValue(attribute?.value);
  return typeof value === "string" ? wellFormed(value) : null;
};

const rowOf = (record: LogRecord, encoding: ValueEncoding, resource: Resource | undefined): Row => {
  const time = int64(record.timeUnixNano);
  const observed = int64(record.observedTimeUnixNano);
  return {
    ...recordCells(timeOrderedId(), time || observed, resource),
    event_name: eventName(record),
    trace_id: identifier(record.traceId),
    span_id: identifier(record.spanId),
    time_unix_nano: time,
    observed_time_unix_nano: observed,
    severity_number: severityName(record.severityNumber),
    severity_text: text(record.severityText),
    body: encoding.value(record.body),
    attributes: encoding.attributes(record.attributes),
    dropped_attributes_count: int32(record.droppedAttributesCount),
    flags: int32(record.flags),
  };
};

/** The rows of a logs request. */
export const logRows = (request: LogsRequest, generation: Generation): Row[] => {
  const encoding = encodingOf(generation);
  return request.resourceLogs.flatMap(({ resource, scopeLogs, schemaUrl: resourceSchemaUrl }) =>
    scopeLogs.flatMap(({ scope, logRecords, schemaUrl }) => {
      const origin = originCells(encoding, { resource, resourceSchemaUrl, scope });
      return logRecords.map((record) => ({
        ...rowOf(record, encoding, resource),
        ...origin,
        log_schema_url: text(schemaUrl),
      }));
    }),
  );
};
