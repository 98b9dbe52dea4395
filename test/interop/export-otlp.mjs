import { context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

// A plain exporter: nothing but the address, the table and the token is set, by the environment.
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter())] });
const tracer = provider.getTracer("stock");
const root = tracer.startSpan("node root", {
  startTime: [1_763_000_000, 1],
  attributes: { "session.id": "s-1", count: 3, ratio: 0.5, list: ["a", "b"] },
});
const child = tracer.startSpan("node child", { startTime: [1_763_000_000, 2] }, trace.setSpan(context.active(), root));
child.recordException(new Error("no answer"), [1_763_000_000, 3]);
child.end([1_763_000_001, 4]);
root.end([1_763_000_002, 5]);
await provider.forceFlush();
await provider.shutdown();
process.stdout.write(JSON.stringify(root.spanContext().traceId));
