// What every scenario shares: a provider in memory, one request, and the recorded spans as JSON on stdout.
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const exporter = new InMemorySpanExporter();

exports.tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

exports.ask = (OpenAI) => {
  const client = new OpenAI({ apiKey: "none", baseURL: process.env.MODEL_URL, maxRetries: 0 });
  return client.chat.completions.create({ model: "chat-hello", messages: [{ role: "user", content: "hello" }] });
};

exports.print = (extra = {}) => {
  const spans = exporter
    .getFinishedSpans()
    .map(({ name, status, attributes }) => ({ name, status: status.code, outputs: attributes["mlflow.spanOutputs"] }));
  console.log(JSON.stringify({ spans, ...extra }));
};
