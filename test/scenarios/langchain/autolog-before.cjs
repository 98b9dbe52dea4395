const { autolog } = require("@tracelake/langchain-callback");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const exporter = new InMemorySpanExporter();
autolog({ tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }) });
const { RunnableLambda } = require("@langchain/core/runnables");
void RunnableLambda.from((x) => x)
  .invoke(1)
  .then(() => console.log(JSON.stringify(exporter.getFinishedSpans().map((span) => span.name))));
