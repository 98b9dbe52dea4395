/**
 * Takes the traces of TypeScript agents to their destination: Databricks Unity Catalog, an MLflow server, any OTLP
 * endpoint, or a local workspace. What records one's own functions is exported here as well, so that one import is
 * enough; the kit for plugins is `@tracelake/uc-exporter/plugin`.
 *
 * @module
 */
export { flush, setDestination, shutdown, start, stats, type FlushOptions, type StartOptions } from "./start.ts";
export { FlushGoal } from "./delivery/delivery.ts";
export type { DestinationStats, FlushResult, PipelineStats } from "./pipeline/pipeline.ts";
export { DropReason, RecordKind, type RecordCounts } from "./pipeline/ledger.ts";
export type { PipelineOptions } from "./pipeline/read-settings.ts";
export { Durability } from "./delivery/durability.ts";
export { Health } from "./delivery/pace.ts";
export type { ResourceOptions } from "./resource.ts";
export type {
  Destination,
  ExperimentDestination,
  LocalDestination,
  MlflowDestination,
  OtlpDestination,
  UnityCatalogDestination,
} from "./destination/destination.ts";
export type {
  ExportResult,
  ReadableSpan,
  RecordedLink,
  SpanAtStart,
  StartedSpan,
  TimedEvent,
} from "./readable-span.ts";
export { UnityCatalogSpanProcessor, type UnityCatalogSpanProcessorOptions } from "./span-processor.ts";
export { UnityCatalogSpanExporter, type UnityCatalogSpanExporterOptions } from "./span-exporter.ts";
export { UnityCatalogLogRecordExporter } from "./log-record-exporter.ts";
export {
  MetricTemporality,
  UnityCatalogMetricExporter,
  type UnityCatalogMetricExporterOptions,
} from "./metric-exporter.ts";
export { withFlush, type WithFlushOptions } from "./serverless/with-flush.ts";
export type { SignalExporterOptions } from "./signal-pipeline.ts";
export { ErrorCode, SpanAttributeKey, TracelakeError, type TokenUsage } from "@tracelake/wire";
export {
  defaultCapturePolicy,
  disableTracing,
  enableTracing,
  getCurrentActiveSpan,
  getLastActiveTraceId,
  isTracingEnabled,
  LiveSpan,
  redactSecrets,
  SpanType,
  startSpan,
  trace,
  traced,
  updateCurrentTrace,
  withSpan,
  type CapturedField,
  type CapturePolicy,
  type EndOptions,
  type OutputOptions,
  type SpanOptions,
  type SpanOutcome,
  type TraceOptions,
  type TraceUpdate,
} from "@tracelake/tracing";
