import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { tracingRuntime } from "@tracelake/tracing";
import {
  defaultCapturePolicy,
  UnityCatalogSpanProcessor,
  type Destination,
  type PipelineOptions,
} from "@tracelake/uc-exporter";
import { createPipeline } from "../src/create-pipeline.ts";
import { formatTraceId } from "@tracelake/wire";

/** A provider with our processor behind the tracing runtime, without what `start` keeps for the whole process. */
export const recordTo = (destination: Destination | readonly Destination[], options: PipelineOptions = {}) => {
  context.disable();
  trace.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spoolDirectory = mkdtempSync(join(tmpdir(), "tracelake-spool-"));
  const pipeline = createPipeline(destination, { spoolDirectory, handleSignals: false, ...options });
  const processor = new UnityCatalogSpanProcessor({}, pipeline);
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const runtime = tracingRuntime();
  runtime.provider = provider;
  runtime.policy = defaultCapturePolicy;
  runtime.formatTraceId = (id) => formatTraceId(id, pipeline.location);
  return { processor, pipeline, provider, spoolDirectory };
};
