import { WireType } from "./wire-reader.ts";

/** protobuf's own recursion limit: deeper input is an attack on the stack, not telemetry. */
export const deepestNesting = 100;

/** How a field travels. `hex` is a `bytes` field that OTLP/JSON writes as hexadecimal text (trace and span ids). */
export type FieldType =
  | "string"
  | "bytes"
  | "hex"
  | "bool"
  | "double"
  | "int32"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "enum"
  | "int64"
  | "uint64"
  | "fixed64"
  | "sfixed64"
  | MessageSchema;

export type Scalar = Exclude<FieldType, MessageSchema>;

export const wireKinds: Readonly<Record<Scalar, WireType>> = {
  string: WireType.LENGTH_DELIMITED,
  bytes: WireType.LENGTH_DELIMITED,
  hex: WireType.LENGTH_DELIMITED,
  bool: WireType.VARINT,
  int32: WireType.VARINT,
  uint32: WireType.VARINT,
  sint32: WireType.VARINT,
  enum: WireType.VARINT,
  int64: WireType.VARINT,
  uint64: WireType.VARINT,
  fixed32: WireType.FIXED32,
  double: WireType.FIXED64,
  fixed64: WireType.FIXED64,
  sfixed64: WireType.FIXED64,
};

/** Whether repeated values of this type share one field. */
export const isPackable = (type: Scalar): boolean => wireKinds[type] !== WireType.LENGTH_DELIMITED;

export interface Field {
  readonly number: number;
  readonly name: string;
  /** A function, since messages refer to each other. */
  readonly type: () => FieldType;
  readonly repeated: boolean;
}

/** A protobuf message as data: one table serves the encoder, the decoder and the JSON reader. */
export interface MessageSchema {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

type FieldRow = readonly [number: number, name: string, type: FieldType | (() => FieldType), repeated?: "repeated"];

const message = (...rows: readonly FieldRow[]): MessageSchema => {
  const fields = rows.map(([number, name, type, repeated]): Field => ({
    number,
    name,
    type: typeof type === "function" ? type : () => type,
    repeated: repeated === "repeated",
  }));
  return { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
};

export const anyValue: MessageSchema = message(
  [1, "stringValue", "string"],
  [2, "boolValue", "bool"],
  [3, "intValue", "int64"],
  [4, "doubleValue", "double"],
  [5, "arrayValue", () => arrayValue],
  [6, "kvlistValue", () => keyValueList],
  [7, "bytesValue", "bytes"],
);
const arrayValue = message([1, "values", () => anyValue, "repeated"]);
export const keyValue = message([1, "key", "string"], [2, "value", anyValue]);
const keyValueList = message([1, "values", keyValue, "repeated"]);

const attributes = (number: number, name = "attributes"): FieldRow => [number, name, keyValue, "repeated"];
const droppedAttributesCount = (number: number): FieldRow => [number, "droppedAttributesCount", "uint32"];

export const resource = message(attributes(1), droppedAttributesCount(2));
export const scope = message([1, "name", "string"], [2, "version", "string"], attributes(3), droppedAttributesCount(4));

const spanEvent = message(
  [1, "timeUnixNano", "fixed64"],
  [2, "name", "string"],
  attributes(3),
  droppedAttributesCount(4),
);
const spanLink = message(
  [1, "traceId", "hex"],
  [2, "spanId", "hex"],
  [3, "traceState", "string"],
  attributes(4),
  droppedAttributesCount(5),
  [6, "flags", "fixed32"],
);
export const span = message(
  [1, "traceId", "hex"],
  [2, "spanId", "hex"],
  [3, "traceState", "string"],
  [4, "parentSpanId", "hex"],
  [5, "name", "string"],
  [6, "kind", "enum"],
  [7, "startTimeUnixNano", "fixed64"],
  [8, "endTimeUnixNano", "fixed64"],
  attributes(9),
  droppedAttributesCount(10),
  [11, "events", spanEvent, "repeated"],
  [12, "droppedEventsCount", "uint32"],
  [13, "links", spanLink, "repeated"],
  [14, "droppedLinksCount", "uint32"],
  [15, "status", message([2, "message", "string"], [3, "code", "enum"])],
  [16, "flags", "fixed32"],
);

export const logRecord = message(
  [1, "timeUnixNano", "fixed64"],
  [2, "severityNumber", "enum"],
  [3, "severityText", "string"],
  [5, "body", anyValue],
  attributes(6),
  droppedAttributesCount(7),
  [8, "flags", "fixed32"],
  [9, "traceId", "hex"],
  [10, "spanId", "hex"],
  [11, "observedTimeUnixNano", "fixed64"],
  [12, "eventName", "string"],
);

const exemplar = message(
  [2, "timeUnixNano", "fixed64"],
  [3, "asDouble", "double"],
  [4, "spanId", "hex"],
  [5, "traceId", "hex"],
  [6, "asInt", "sfixed64"],
  attributes(7, "filteredAttributes"),
);
const numberDataPoint = message(
  [2, "startTimeUnixNano", "fixed64"],
  [3, "timeUnixNano", "fixed64"],
  [4, "asDouble", "double"],
  [5, "exemplars", exemplar, "repeated"],
  [6, "asInt", "sfixed64"],
  attributes(7),
  [8, "flags", "uint32"],
);
const histogramDataPoint = message(
  [2, "startTimeUnixNano", "fixed64"],
  [3, "timeUnixNano", "fixed64"],
  [4, "count", "fixed64"],
  [5, "sum", "double"],
  [6, "bucketCounts", "fixed64", "repeated"],
  [7, "explicitBounds", "double", "repeated"],
  [8, "exemplars", exemplar, "repeated"],
  attributes(9),
  [10, "flags", "uint32"],
  [11, "min", "double"],
  [12, "max", "double"],
);
const buckets = message([1, "offset", "sint32"], [2, "bucketCounts", "uint64", "repeated"]);
const exponentialHistogramDataPoint = message(
  attributes(1),
  [2, "startTimeUnixNano", "fixed64"],
  [3, "timeUnixNano", "fixed64"],
  [4, "count", "fixed64"],
  [5, "sum", "double"],
  [6, "scale", "sint32"],
  [7, "zeroCount", "fixed64"],
  [8, "positive", buckets],
  [9, "negative", buckets],
  [10, "flags", "uint32"],
  [11, "exemplars", exemplar, "repeated"],
  [12, "min", "double"],
  [13, "max", "double"],
  [14, "zeroThreshold", "double"],
);
const summaryDataPoint = message(
  [2, "startTimeUnixNano", "fixed64"],
  [3, "timeUnixNano", "fixed64"],
  [4, "count", "fixed64"],
  [5, "sum", "double"],
  [6, "quantileValues", message([1, "quantile", "double"], [2, "value", "double"]), "repeated"],
  attributes(7),
  [8, "flags", "uint32"],
);
const temporality: FieldRow = [2, "aggregationTemporality", "enum"];
const dataPoints = (type: MessageSchema): FieldRow => [1, "dataPoints", type, "repeated"];
export const metric = message(
  [1, "name", "string"],
  [2, "description", "string"],
  [3, "unit", "string"],
  [5, "gauge", message(dataPoints(numberDataPoint))],
  [7, "sum", message(dataPoints(numberDataPoint), temporality, [3, "isMonotonic", "bool"])],
  [9, "histogram", message(dataPoints(histogramDataPoint), temporality)],
  [10, "exponentialHistogram", message(dataPoints(exponentialHistogramDataPoint), temporality)],
  [11, "summary", message(dataPoints(summaryDataPoint))],
  attributes(12, "metadata"),
);

const request = (resourceName: string, scopeName: string, recordName: string, record: MessageSchema): MessageSchema =>
  message([
    1,
    resourceName,
    message(
      [1, "resource", resource],
      [
        2,
        scopeName,
        message([1, "scope", scope], [2, recordName, record, "repeated"], [3, "schemaUrl", "string"]),
        "repeated",
      ],
      [3, "schemaUrl", "string"],
    ),
    "repeated",
  ]);

export const traceRequestSchema = request("resourceSpans", "scopeSpans", "spans", span);
export const logsRequestSchema = request("resourceLogs", "scopeLogs", "logRecords", logRecord);
export const metricsRequestSchema = request("resourceMetrics", "scopeMetrics", "metrics", metric);
export const exportResponseSchema = message([
  1,
  "partialSuccess",
  message([1, "rejected", "int64"], [2, "errorMessage", "string"]),
]);
