import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from "@opentelemetry/sdk-trace-base";
import { defaultCapturePolicy, tracingRuntime, type CapturePolicy } from "@tracelake/tracing";

/** A fresh provider behind the tracing runtime; every test looks at the spans it ended. */
export const startRecorder = (policy: Partial<CapturePolicy> = {}) => {
  context.disable();
  trace.disable();
  propagation.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new InMemorySpanExporter();
  const runtime = tracingRuntime();
  runtime.provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  runtime.policy = { ...defaultCapturePolicy, ...policy };
  runtime.lastActiveTraceId = undefined;
  return {
    spans: (): ReadableSpan[] => exporter.getFinishedSpans(),
    span: (name: string): ReadableSpan => {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name);
      if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} spans are called ${name}`);
      return found[0];
    },
  };
};

/** The decoded value of a JSON attribute. */
export const json = (span: ReadableSpan, key: string): unknown => {
  const text = span.attributes[key];
  return typeof text === "string" ? JSON.parse(text) : text;
};

export const inputs = (span: ReadableSpan): unknown => json(span, "mlflow.spanInputs");
export const outputs = (span: ReadableSpan): unknown => json(span, "mlflow.spanOutputs");
