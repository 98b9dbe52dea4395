import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ErrorCode, TracelakeError } from "../errors.ts";
import type { ExportResponse, LogsRequest, MetricsRequest, TraceRequest } from "./messages.ts";
import {
  deepestNesting,
  exportResponseSchema,
  logsRequestSchema,
  metricsRequestSchema,
  traceRequestSchema,
  type Field,
  type FieldType,
  type MessageSchema,
} from "./schema.ts";

type Scalar = Exclude<FieldType, MessageSchema>;
type Message = Record<string, unknown>;

const wireTypes: Record<Scalar, WireType> = {
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  hex: WireType.LengthDelimited,
  bool: WireType.Varint,
  int32: WireType.Varint,
  uint32: WireType.Varint,
  sint32: WireType.Varint,
  enum: WireType.Varint,
  int64: WireType.Varint,
  uint64: WireType.Varint,
  fixed32: WireType.Bit32,
  double: WireType.Bit64,
  fixed64: WireType.Bit64,
  sfixed64: WireType.Bit64,
};

const readScalar: Record<Scalar, (reader: BinaryReader) => unknown> = {
  string: (r) => r.string(),
  bytes: (r) => r.bytes(),
  hex: (r) => Buffer.from(r.bytes()).toString("hex"),
  bool: (r) => r.bool(),
  double: (r) => r.double(),
  int32: (r) => r.int32(),
  uint32: (r) => r.uint32(),
  sint32: (r) => r.sint32(),
  fixed32: (r) => r.fixed32(),
  enum: (r) => r.int32(),
  int64: (r) => BigInt(r.int64()),
  uint64: (r) => BigInt(r.uint64()),
  fixed64: (r) => BigInt(r.fixed64()),
  sfixed64: (r) => BigInt(r.sfixed64()),
};

const writeScalar: Record<Scalar, (writer: BinaryWriter, value: never) => unknown> = {
  string: (w, v: string) => w.string(v),
  bytes: (w, v: Uint8Array) => w.bytes(v),
  hex: (w, v: string) => w.bytes(Buffer.from(v, "hex")),
  bool: (w, v: boolean) => w.bool(v),
  double: (w, v: number) => w.double(v),
  int32: (w, v: number) => w.int32(v),
  uint32: (w, v: number) => w.uint32(v),
  sint32: (w, v: number) => w.sint32(v),
  fixed32: (w, v: number) => w.fixed32(v),
  enum: (w, v: number) => w.int32(v),
  int64: (w, v: bigint) => w.int64(v),
  uint64: (w, v: bigint) => w.uint64(v),
  fixed64: (w, v: bigint) => w.fixed64(v),
  sfixed64: (w, v: bigint) => w.sfixed64(v),
};

const isPackable = (type: Scalar): boolean => wireTypes[type] !== WireType.LengthDelimited;

const readRepeated = (reader: BinaryReader, type: Scalar, wireType: WireType, values: unknown[]): void => {
  if (wireType !== WireType.LengthDelimited || !isPackable(type)) {
    values.push(readScalar[type](reader));
    return;
  }
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) values.push(readScalar[type](reader));
};

const decode = (reader: BinaryReader, schema: MessageSchema, end: number, depth: number): Message => {
  if (depth > deepestNesting) throw new RangeError(`messages are nested deeper than ${deepestNesting}`);
  const result: Message = {};
  for (const field of schema.fields) if (field.repeated) result[field.name] = [];
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    const field = schema.byNumber.get(number);
    if (field === undefined) {
      reader.skip(wireType, number);
      continue;
    }
    readField(reader, field, wireType, result, depth);
  }
  return result;
};

const readField = (reader: BinaryReader, field: Field, wireType: WireType, result: Message, depth: number): void => {
  const type = field.type();
  const isMessage = typeof type === "object";
  const expected = isMessage ? WireType.LengthDelimited : wireTypes[type];
  const isPacked = !isMessage && field.repeated && wireType === WireType.LengthDelimited;
  if (wireType !== expected && !isPacked) throw new TypeError(`field ${field.name} has wire type ${wireType}`);
  const values = result[field.name];
  if (isMessage) {
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) throw new RangeError(`field ${field.name} is longer than its message`);
    const nested = decode(reader, type, end, depth + 1);
    if (Array.isArray(values)) values.push(nested);
    else result[field.name] = nested;
  } else if (Array.isArray(values)) {
    readRepeated(reader, type, wireType, values);
  } else {
    result[field.name] = readScalar[type](reader);
  }
};

const encode = (writer: BinaryWriter, schema: MessageSchema, value: object): void => {
  for (const field of schema.fields) {
    const present = (value as Message)[field.name];
    if (present === undefined) continue;
    const type = field.type();
    if (!field.repeated) {
      writeOne(writer, field.number, type, present);
    } else if (typeof type === "string" && isPackable(type)) {
      if ((present as unknown[]).length === 0) continue;
      writer.tag(field.number, WireType.LengthDelimited).fork();
      for (const item of present as never[]) writeScalar[type](writer, item);
      writer.join();
    } else {
      for (const item of present as unknown[]) writeOne(writer, field.number, type, item);
    }
  }
};

const writeOne = (writer: BinaryWriter, number: number, type: FieldType, value: unknown): void => {
  if (typeof type === "string") {
    writer.tag(number, wireTypes[type]);
    writeScalar[type](writer, value as never);
    return;
  }
  writer.tag(number, WireType.LengthDelimited).fork();
  encode(writer, type, value as object);
  writer.join();
};

const encoderOf =
  <T extends object>(schema: MessageSchema) =>
  (value: T): Uint8Array => {
    const writer = new BinaryWriter();
    encode(writer, schema, value);
    return writer.finish();
  };

const decoderOf =
  <T>(schema: MessageSchema, name: string) =>
  (bytes: Uint8Array): T => {
    try {
      const reader = new BinaryReader(bytes);
      return decode(reader, schema, reader.len, 0) as T;
    } catch (cause) {
      throw new TracelakeError(ErrorCode.OTLP_INVALID, {
        failed: `The body is not an OTLP protobuf ${name}`,
        seen: `${bytes.length} bytes, ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: "Send the protobuf encoding that the content type promises.",
        cause,
      });
    }
  };

/** OTLP protobuf. A field that is present is written, also when it has its default value. */
export const encodeTraceRequest = encoderOf<TraceRequest>(traceRequestSchema);
export const encodeLogsRequest = encoderOf<LogsRequest>(logsRequestSchema);
export const encodeMetricsRequest = encoderOf<MetricsRequest>(metricsRequestSchema);
export const encodeExportResponse = encoderOf<ExportResponse>(exportResponseSchema);

/**
 * OTLP protobuf from outside. Unknown fields are skipped.
 *
 * @throws {TracelakeError} `OTLP_INVALID` on anything that is not the message, including nesting beyond 100 levels.
 */
export const decodeTraceRequest = decoderOf<TraceRequest>(traceRequestSchema, "trace request");
export const decodeLogsRequest = decoderOf<LogsRequest>(logsRequestSchema, "logs request");
export const decodeMetricsRequest = decoderOf<MetricsRequest>(metricsRequestSchema, "metrics request");
export const decodeExportResponse = decoderOf<ExportResponse>(exportResponseSchema, "export response");
