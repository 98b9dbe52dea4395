// Calls the client in all forms without Tracelake, then with it, and prints what callers got and what was recorded.
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const { runForms } = require("./call-forms.cjs");

const describeSpan = (span) => ({
  id: span.spanContext().spanId,
  parent: span.parentSpanContext?.spanId,
  name: span.name,
  status: span.status.code,
  attributes: span.attributes,
  events: span.events.map((event) => event.name),
});

exports.judge = async (OpenAI, { autolog, unautolog }) => {
  const unhandled = [];
  process.on("unhandledRejection", (error) => unhandled.push(String(error)));

  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const takeSpans = () => {
    const spans = exporter.getFinishedSpans().map(describeSpan);
    exporter.reset();
    return spans;
  };

  const plain = await runForms(OpenAI, takeSpans);
  autolog({ tracerProvider });
  const observed = await runForms(OpenAI, takeSpans);
  const { patched } = autolog.status();
  unautolog();
  const { "chat create": undone } = await runForms(OpenAI, takeSpans);
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.stdout.write(JSON.stringify({ node: process.version, plain, observed, undone, patched, unhandled }));
};
