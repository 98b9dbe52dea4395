import { ErrorCode, TracelakeError } from "../errors.ts";
import type { ExportResponse, LogsRequest, MetricsRequest, TraceRequest } from "./messages.ts";
import {
  deepestNesting,
  exportResponseSchema,
  logsRequestSchema,
  metricsRequestSchema,
  isPackable,
  traceRequestSchema,
  wireKinds,
  type Field,
  type MessageSchema,
  type Scalar,
} from "./schema.ts";
import { WireReader, WireType } from "./wire-reader.ts";

type Message = Record<string, unknown>;

const readScalar: Record<Scalar, (reader: WireReader) => unknown> = {
  string: (r) => r.string(),
  bytes: (r) => Uint8Array.from(r.bytes()),
  hex: (r) => r.hex(),
  bool: (r) => r.bool(),
  double: (r) => r.double(),
  int32: (r) => r.int32(),
  uint32: (r) => r.uint32(),
  sint32: (r) => r.sint32(),
  fixed32: (r) => r.fixed32(),
  enum: (r) => r.int32(),
  int64: (r) => r.int64(),
  uint64: (r) => r.uint64(),
  fixed64: (r) => r.fixed64(),
  sfixed64: (r) => r.sfixed64(),
};

const readRepeated = (reader: WireReader, type: Scalar, wireType: WireType, values: unknown[]): void => {
  if (wireType !== WireType.LENGTH_DELIMITED || !isPackable(type)) {
    values.push(readScalar[type](reader));
    return;
  }
  const end = reader.uint32() + reader.position;
  while (reader.position < end) values.push(readScalar[type](reader));
};

const decode = (reader: WireReader, schema: MessageSchema, end: number, depth: number): Message => {
  if (depth > deepestNesting) throw new RangeError(`messages are nested deeper than ${deepestNesting}`);
  const result: Message = {};
  for (const field of schema.fields) if (field.repeated) result[field.name] = [];
  while (reader.position < end) {
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

const readField = (reader: WireReader, field: Field, wireType: WireType, result: Message, depth: number): void => {
  const type = field.type();
  const isMessage = typeof type === "object";
  const expected = isMessage ? WireType.LENGTH_DELIMITED : wireKinds[type];
  const isPacked = !isMessage && field.repeated && wireType === WireType.LENGTH_DELIMITED;
  if (wireType !== expected && !isPacked) throw new TypeError(`field ${field.name} has wire type ${wireType}`);
  const values = result[field.name];
  if (isMessage) {
    const length = reader.uint32();
    const end = reader.position + length;
    if (end > reader.length) throw new RangeError(`field ${field.name} is longer than its message`);
    const nested = decode(reader, type, end, depth + 1);
    if (Array.isArray(values)) values.push(nested);
    else result[field.name] = nested;
  } else if (Array.isArray(values)) {
    readRepeated(reader, type, wireType, values);
  } else {
    result[field.name] = readScalar[type](reader);
  }
};

const decoderOf =
  <T>(schema: MessageSchema, name: string) =>
  (bytes: Uint8Array): T => {
    try {
      const reader = new WireReader(bytes);
      return decode(reader, schema, reader.length, 0) as T;
    } catch (cause) {
      throw new TracelakeError(ErrorCode.OTLP_INVALID, {
        failed: `The body is not an OTLP protobuf ${name}`,
        seen: `${bytes.length} bytes, ${cause instanceof Error ? cause.message : String(cause)}`,
        remedy: "Send the protobuf encoding that the content type promises.",
        cause,
      });
    }
  };

/**
 * OTLP protobuf from outside. Unknown fields are skipped.
 *
 * @throws {TracelakeError} `OTLP_INVALID` on anything that is not the message, including nesting beyond 100 levels.
 */
export const decodeTraceRequest = decoderOf<TraceRequest>(traceRequestSchema, "trace request");
/** {@link decodeTraceRequest} for log records. @throws {TracelakeError} `OTLP_INVALID` */
export const decodeLogsRequest = decoderOf<LogsRequest>(logsRequestSchema, "logs request");
/** {@link decodeTraceRequest} for metrics. @throws {TracelakeError} `OTLP_INVALID` */
export const decodeMetricsRequest = decoderOf<MetricsRequest>(metricsRequestSchema, "metrics request");
/** {@link decodeTraceRequest} for the answer to any of the three. @throws {TracelakeError} `OTLP_INVALID` */
export const decodeExportResponse = decoderOf<ExportResponse>(exportResponseSchema, "export response");
