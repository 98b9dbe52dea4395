import { autolog } from "@tracelake/langchain-callback";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
const exporter = new InMemorySpanExporter();
autolog({ tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }) });
const { RunnableLambda } = await import("@langchain/core/runnables");
await RunnableLambda.from((x) => x).invoke(1);
console.log(JSON.stringify(exporter.getFinishedSpans().map((span) => span.name)));
