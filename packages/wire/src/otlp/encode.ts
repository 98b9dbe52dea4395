import type {
  AnyValue,
  EncodableSpan,
  ExportResponse,
  InstrumentationScope,
  JsonAttribute,
  KeyValue,
  LogRecord,
  LogsRequest,
  Metric,
  MetricsRequest,
  Resource,
  TraceRequest,
} from "./messages.ts";
import { ReverseWriter } from "./reverse-writer.ts";
import {
  anyValue,
  exportResponseSchema,
  isPackable,
  keyValue,
  logRecord,
  logsRequestSchema,
  metric,
  metricsRequestSchema,
  resource,
  scope,
  span,
  traceRequestSchema,
  wireKinds,
  type Field,
  type MessageSchema,
  type Scalar,
} from "./schema.ts";
import { WireType } from "./wire-reader.ts";
import { writeAttribute, writeValueMessage } from "./write-value.ts";

type Message = Readonly<Record<string, unknown>>;

const zigzag = (value: number): number => (value >= 0 ? value * 2 : value * -2 - 1);

const writeScalar: Record<Scalar, (writer: ReverseWriter, value: never) => void> = {
  string: (w, v: string) => w.text(v),
  bytes: (w, v: Uint8Array) => w.bytes(v),
  hex: (w, v: string) => w.hex(v),
  bool: (w, v: boolean) => w.varint(v ? 1 : 0),
  double: (w, v: number) => w.double(v),
  int32: (w, v: number) => w.int64(v),
  uint32: (w, v: number) => w.varint(v >>> 0),
  sint32: (w, v: number) => w.varint(zigzag(v)),
  fixed32: (w, v: number) => w.fixed32(v),
  enum: (w, v: number) => w.int64(v),
  int64: (w, v: bigint) => w.varint64(v),
  uint64: (w, v: bigint) => w.varint64(v),
  fixed64: (w, v: bigint) => w.fixed64(v),
  sfixed64: (w, v: bigint) => w.fixed64(v),
};

const writeMessage = (writer: ReverseWriter, schema: MessageSchema, value: object): void => {
  if (schema === keyValue) {
    writeAttribute(writer, value as KeyValue | JsonAttribute);
    return;
  }
  if (schema === anyValue) {
    writeValueMessage(writer, value as AnyValue);
    return;
  }
  const { fields } = schema;
  for (let index = fields.length - 1; index >= 0; index--) {
    const field = fields[index];
    const present = field === undefined ? undefined : (value as Message)[field.name];
    if (field !== undefined && present !== undefined) writeField(writer, field, present);
  }
};

const writeField = (writer: ReverseWriter, field: Field, present: unknown): void => {
  if (!field.repeated) {
    writeOne(writer, field, present);
    return;
  }
  const items = present as readonly unknown[];
  const type = field.type();
  if (typeof type !== "string" || !isPackable(type)) {
    for (let index = items.length - 1; index >= 0; index--) writeOne(writer, field, items[index]);
  } else if (items.length > 0) {
    const before = writer.length;
    for (let index = items.length - 1; index >= 0; index--) writeScalar[type](writer, items[index] as never);
    writer.delimit(field.number, before);
  }
};

const writeOne = (writer: ReverseWriter, field: Field, value: unknown): void => {
  const type = field.type();
  const before = writer.length;
  if (typeof type !== "string") {
    writeMessage(writer, type, value as object);
    writer.delimit(field.number, before);
    return;
  }
  writeScalar[type](writer, value as never);
  if (wireKinds[type] === WireType.LENGTH_DELIMITED) writer.delimit(field.number, before);
  else writer.tag(field.number, wireKinds[type]);
};

// Encoding is synchronous, so one writer serves everybody; its buffer is warm.
const shared = new ReverseWriter();

const writeShared = (schema: MessageSchema, value: object): ReverseWriter => {
  shared.reset();
  writeMessage(shared, schema, value);
  return shared;
};

const encoderOf =
  <T extends object>(schema: MessageSchema) =>
  (value: T): Uint8Array =>
    Uint8Array.from(writeShared(schema, value).written);

/** OTLP protobuf. A field that is present is written, also when it has its default value. */
export const encodeTraceRequest = encoderOf<TraceRequest>(traceRequestSchema);
/** {@link encodeTraceRequest} for log records. */
export const encodeLogsRequest = encoderOf<LogsRequest>(logsRequestSchema);
/** {@link encodeTraceRequest} for metrics. */
export const encodeMetricsRequest = encoderOf<MetricsRequest>(metricsRequestSchema);
/** {@link encodeTraceRequest} for the answer to any of the three. */
export const encodeExportResponse = encoderOf<ExportResponse>(exportResponseSchema);

/** Parts of a request, for whoever builds it piece by piece. */
export const encodeResource = encoderOf<Resource>(resource);
export const encodeScope = encoderOf<InstrumentationScope>(scope);

/** The three signals of OTLP, and what one record of each is. */
export interface SignalRecord {
  readonly spans: EncodableSpan;
  readonly logs: LogRecord;
  readonly metrics: Metric;
}
/** One of OTLP's three signals, by the name that Databricks' tables have for it. */
export type Signal = keyof SignalRecord;

const recordSchemas: Readonly<Record<Signal, MessageSchema>> = { spans: span, logs: logRecord, metrics: metric };

/** A record's message, which is there until the next encoding of anything. */
export type WrittenRecord = Pick<ReverseWriter, "length" | "copyTo">;

/** Writes one record's message: copy it. */
export const writeRecord = <S extends Signal>(signal: S, record: SignalRecord[S]): WrittenRecord =>
  writeShared(recordSchemas[signal], record);
