/**
 * The nouns and formats of Tracelake, without I/O: ids, Unity Catalog locations, attribute keys, the payloads of the REST
 * and OTLP interfaces, the journal's file format, and the one error class.
 *
 * @module
 */
export { ErrorCode, TracelakeError, type TracelakeErrorParts } from "./errors.ts";
export { quoteForMessage } from "./quote.ts";
export {
  formatLocation,
  locationOfTable,
  parseLocation,
  tablesOf,
  type LocationTables,
  type PrefixLocation,
  type SchemaLocation,
  type UnityCatalogLocation,
} from "./location.ts";
export { formatTraceId, parseTraceId, type ParsedTraceId } from "./trace-id.ts";
export { SpanType } from "./span-type.ts";
export {
  ExperimentTagKey,
  HeaderName,
  LogEventName,
  mlflowAttributePrefix,
  SpanAttributeKey,
  TraceMetadataKey,
  TraceTagKey,
  type TokenUsage,
} from "./attribute-keys.ts";
export { SpanKind, spanKindName, StatusCode, statusCodeName } from "./span-status.ts";
export {
  toExperimentLocation,
  toTraceLocation,
  locationPathSegment,
  traceLocationSchema,
  type TraceLocation,
} from "./trace-location.ts";
export { traceInfoLimits, traceInfoSchema, TraceState, type TraceInfo } from "./trace-info.ts";
export { errorAnswerSchema, experimentAnswerSchema, experimentSchema, type Experiment } from "./experiment.ts";
export {
  encodeJournalFrame,
  encodeJournalHeader,
  JournalFrameType,
  largestFrameBytes,
  readJournalFrames,
  readJournalHeader,
  type JournalContent,
  type JournalFrame,
  type JournalHeader,
} from "./journal.ts";
export {
  fromAnyValue,
  fromKeyValues,
  stringifyJson,
  toAnyValue,
  toKeyValues,
  type JsonValue,
} from "./otlp/any-value.ts";
export {
  decodeExportResponse,
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTraceRequest,
  encodeExportResponse,
  encodeLogsRequest,
  encodeMetricsRequest,
  encodeTraceRequest,
} from "./otlp/protobuf.ts";
export { readLogsRequestJson, readMetricsRequestJson, readTraceRequestJson } from "./otlp/json.ts";
export type {
  AnyValue,
  Exemplar,
  ExponentialHistogramBuckets,
  ExponentialHistogramDataPoint,
  ExportResponse,
  HistogramDataPoint,
  InstrumentationScope,
  KeyValue,
  LogRecord,
  LogsRequest,
  Metric,
  MetricsRequest,
  NumberDataPoint,
  Resource,
  ResourceSpans,
  ScopeSpans,
  Span,
  SpanEvent,
  SpanLink,
  SpanStatus,
  SummaryDataPoint,
  TraceRequest,
} from "./otlp/messages.ts";
