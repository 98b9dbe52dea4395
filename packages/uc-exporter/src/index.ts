/**
 * Takes the traces of TypeScript agents to their destination: Databricks Unity Catalog, an MLflow server, any OTLP
 * endpoint, or a local workspace. Everything of `@tracelake/tracing` is exported here as well, so that one import is
 * enough.
 *
 * @module
 */
export { flush, setDestination, shutdown, start, stats, type StartOptions } from "./start.ts";
export type { FlushResult, PipelineStats } from "./pipeline/pipeline.ts";
export type { ResourceOptions } from "./resource.ts";
export type {
  Destination,
  ExperimentDestination,
  LocalDestination,
  MlflowDestination,
  OtlpDestination,
  UnityCatalogDestination,
} from "./destination/destination.ts";
export { UnityCatalogSpanProcessor, type UnityCatalogSpanProcessorOptions } from "./span-processor.ts";
export { UnityCatalogSpanExporter, type UnityCatalogSpanExporterOptions } from "./span-exporter.ts";
export { ErrorCode, SpanAttributeKey, TracelakeError, type TokenUsage } from "@tracelake/wire";
export * from "@tracelake/tracing";
