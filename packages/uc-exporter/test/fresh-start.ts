import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
import { tracingRuntime } from "@tracelake/tracing";
import { defaultCapturePolicy, type Destination, type PipelineOptions } from "@tracelake/uc-exporter";
import { createPipeline } from "../src/create-pipeline.ts";
import { SpanRecorder } from "../src/span-recorder.ts";
import { formatTraceId } from "@tracelake/wire";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

/** A provider that feeds a pipeline behind the tracing runtime, without what `start` keeps for the whole process. */
export const recordTo = (destination: Destination | readonly Destination[], options: PipelineOptions = {}) => {
  context.disable();
  trace.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spoolDirectory = temporaryDirectory();
  const pipeline = createPipeline(destination, { spoolDirectory, handleSignals: false, ...options });
  const recorder = new SpanRecorder(pipeline);
  const provider = new BasicTracerProvider({
    spanProcessors: [
      {
        onStart: (span, from) => recorder.onStart(span, from),
        onEnd: (span) => recorder.onEnd(span),
        forceFlush: async () => void (await pipeline.flush()),
        shutdown: async () => void (await pipeline.shutdown()),
      },
    ],
  });
  const runtime = tracingRuntime();
  runtime.provider = provider;
  runtime.policy = defaultCapturePolicy;
  runtime.formatTraceId = (id) => formatTraceId(id, pipeline.location);
  return { pipeline, provider, spoolDirectory };
};
