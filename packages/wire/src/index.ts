/**
 * The nouns and formats of Tracelake, without I/O: ids, Unity Catalog locations, attribute keys, the payloads of the REST
 * and OTLP interfaces, the journal's file format, and the one error class. What checks answers is in
 * `@tracelake/wire/schemas`: a program that only writes does not load it.
 *
 * @module
 */
export { ErrorCode, TracelakeError, type TracelakeErrorParts } from "./errors.ts";
export { longestTimerMillis } from "./longest-timer.ts";
export { quoteForMessage } from "./quote.ts";
export { quoteName, quoteQualifiedName } from "./quote-name.ts";
export {
  formatLocation,
  isSameLocation,
  locationKey,
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
  AssessmentMetadataKey,
  ExperimentTagKey,
  HeaderName,
  LogEventName,
  mlflowAttributePrefix,
  SpanAttributeKey,
  TraceMetadataKey,
  TraceTagKey,
  type TokenUsage,
} from "./attribute-keys.ts";
export { parseTokenUsage } from "./token-usage.ts";
export { SpanKind, spanKindName, StatusCode, statusCodeName } from "./span-status.ts";
export { toExperimentLocation, toTraceLocation, locationPathSegment } from "./trace-location.ts";
export { traceInfoLimits, TraceState } from "./trace-info.ts";
export { AssessmentSourceType, serializedValueFormat } from "./assessment.ts";
export { mostScorers } from "./scorer-limits.ts";
export { traceSearchLimits } from "./trace-search.ts";
export type { TraceLocation } from "./schemas/trace-location.ts";
export type { CatalogTable, CurrentUser, PrivilegeAssignments } from "./schemas/unity-catalog.ts";
export type { Warehouse } from "./schemas/warehouse.ts";
export type { TraceInfo } from "./schemas/trace-info.ts";
export type { Experiment } from "./schemas/experiment.ts";
export type { Assessment } from "./schemas/assessment.ts";
export type { TraceSearch, TraceSearchOperation } from "./schemas/trace-search.ts";
export type {
  OnlineScoringConfig,
  RegisteredScorerMessage,
  ScheduledScorerMessage,
  ScheduledScorersMessage,
  ScorerVersion,
  ScorerVersions,
} from "./schemas/scorer.ts";
export {
  defaultWorkspaceDirectory,
  readServerFile,
  serverFileName,
  writeServerFile,
  type RunningServer,
} from "./server-file.ts";
export {
  numericTraceKeys,
  parseTraceFilter,
  type FilterComparator,
  type FilterCondition,
  type FilterEntity,
} from "./trace-filter/trace-filter.ts";
export type { SerializedScorer } from "./schemas/serialized-scorer.ts";
export { isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
export { parseJson } from "./parse-json.ts";
export { plainJson } from "./plain-json.ts";
export { chatCompletionBody, type ChatQuestion } from "./chat-completion.ts";
export type { ChatCompletion } from "./schemas/chat-completion.ts";
export { cutText, shortenText, spaceJson } from "./mlflow-text.ts";
export { messageText, previewOf } from "./preview.ts";
export {
  encodeJournalFrameHead,
  encodeJournalHeader,
  isForeignJournal,
  JournalFrameFlag,
  journalFrameOverheadBytes,
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
export { decodeExportResponse, decodeLogsRequest, decodeMetricsRequest, decodeTraceRequest } from "./otlp/decode.ts";
export {
  encodeExportResponse,
  encodeLogsRequest,
  encodeMetricsRequest,
  encodeTraceRequest,
  type Signal,
  type SignalRecord,
} from "./otlp/encode.ts";
export { RequestBuilder, type RecordSource } from "./otlp/request-builder.ts";
export { halveRequest, splitRequest, type RequestPart } from "./otlp/split-request.ts";
export { anyValueText, readAnyValueText } from "./otlp/any-value-text.ts";
export { readSpanJson, writeSpanJson } from "./otlp/span-json.ts";
export { readLogsRequestJson, readMetricsRequestJson, readTraceRequestJson } from "./otlp/json.ts";
export type {
  AnyValue,
  EncodableSpan,
  Exemplar,
  ExponentialHistogramBuckets,
  ExponentialHistogramDataPoint,
  ExportResponse,
  HistogramDataPoint,
  InstrumentationScope,
  JsonAttribute,
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
