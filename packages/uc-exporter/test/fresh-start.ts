import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import {
  defaultCapturePolicy,
  tracingRuntime,
  UnityCatalogSpanProcessor,
  type Destination,
} from "@tracelake/uc-exporter";
import { createPipeline } from "../src/create-pipeline.ts";
import { formatTraceId } from "@tracelake/wire";

/** A provider with our processor behind the tracing runtime, without what `start` keeps for the whole process. */
export const recordTo = (destination: Destination | readonly Destination[]) => {
  context.disable();
  trace.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const pipeline = createPipeline(destination);
  const processor = new UnityCatalogSpanProcessor({}, pipeline);
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const runtime = tracingRuntime();
  runtime.provider = provider;
  runtime.policy = defaultCapturePolicy;
  runtime.formatTraceId = (id) => formatTraceId(id, pipeline.location);
  return { processor, pipeline, provider };
};
