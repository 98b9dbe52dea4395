import { ErrorCode, TracelakeError } from "../errors.ts";
import { isRecord } from "../json-record.ts";
import { quoteForMessage } from "../quote.ts";
import type { LogsRequest, MetricsRequest, TraceRequest } from "./messages.ts";
import {
  deepestNesting,
  logsRequestSchema,
  metricsRequestSchema,
  traceRequestSchema,
  type Field,
  type FieldType,
  type MessageSchema,
} from "./schema.ts";

// Writing a value that is nested too deeply overflows the stack.
const shown = (value: unknown): unknown => {
  if (typeof value !== "object") return value;
  try {
    return JSON.stringify(value);
  } catch {
    return "a value without end";
  }
};

const invalid = (path: string, value: unknown): TracelakeError =>
  new TracelakeError(ErrorCode.OTLP_INVALID, {
    failed: `The OTLP JSON field ${path} cannot be read`,
    seen: quoteForMessage(shown(value)),
    remedy: "Send the OTLP JSON encoding: camelCase names, ids as hex, 64-bit integers as decimal text.",
  });

const readInteger = (value: unknown, path: string): bigint => {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw invalid(path, value);
};

const readScalar = (type: Exclude<FieldType, MessageSchema>, value: unknown, path: string): unknown => {
  switch (type) {
    case "string":
      if (typeof value === "string") return value;
      break;
    case "hex":
      if (typeof value === "string" && /^([0-9a-fA-F]{2})*$/.test(value)) return value.toLowerCase();
      break;
    case "bytes":
      if (typeof value === "string") return new Uint8Array(Buffer.from(value, "base64"));
      break;
    case "bool":
      if (typeof value === "boolean") return value;
      break;
    case "double":
      if (typeof value === "number" || typeof value === "bigint") return Number(value);
      if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
      break;
    case "int64":
    case "uint64":
    case "fixed64":
    case "sfixed64":
      return readInteger(value, path);
    default:
      return Number(readInteger(value, path));
  }
  throw invalid(path, value);
};

const readValue = (type: FieldType, value: unknown, path: string, depth: number): unknown =>
  typeof type === "string" ? readScalar(type, value, path) : readMessage(type, value, path, depth + 1);

const readField = (field: Field, value: unknown, path: string, depth: number): unknown => {
  const type = field.type();
  if (!field.repeated) return readValue(type, value, path, depth);
  if (!Array.isArray(value)) throw invalid(path, value);
  return value.map((item: unknown, index) => readValue(type, item, `${path}[${index}]`, depth));
};

const readMessage = (schema: MessageSchema, value: unknown, path: string, depth: number): Record<string, unknown> => {
  if (!isRecord(value) || depth > deepestNesting) throw invalid(path === "" ? "(the body)" : path, value);
  const result: Record<string, unknown> = {};
  for (const field of schema.fields) {
    const given = value[field.name];
    if (given === undefined || given === null) {
      if (field.repeated) result[field.name] = [];
    } else {
      result[field.name] = readField(field, given, path === "" ? field.name : `${path}.${field.name}`, depth);
    }
  }
  return result;
};

export const readerOf =
  <T>(schema: MessageSchema) =>
  (value: unknown): T =>
    readMessage(schema, value, "", 0) as T;

/**
 * OTLP's JSON encoding, already parsed, best by `parseJson`, as some writers send 64-bit integers as numbers. Unknown fields are skipped.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 * @throws {TracelakeError} `OTLP_INVALID`, naming the field.
 */
export const readTraceRequestJson = readerOf<TraceRequest>(traceRequestSchema);
/** {@link readTraceRequestJson} for log records. @throws {TracelakeError} `OTLP_INVALID` */
export const readLogsRequestJson = readerOf<LogsRequest>(logsRequestSchema);
/** {@link readTraceRequestJson} for metrics. @throws {TracelakeError} `OTLP_INVALID` */
export const readMetricsRequestJson = readerOf<MetricsRequest>(metricsRequestSchema);
