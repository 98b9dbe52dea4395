import { OpenAIInstrumentation } from "@tracelake/autolog-openai";
import { NodeSDK, tracing } from "@opentelemetry/sdk-node";
import OpenAI from "openai";
import { ask } from "./recording.cjs";

const exporter = new tracing.InMemorySpanExporter();
const sdk = new NodeSDK({
  autoDetectResources: false,
  instrumentations: [new OpenAIInstrumentation()],
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
});
sdk.start();
await ask(OpenAI);
const spans = exporter
  .getFinishedSpans()
  .map(({ name, status, attributes }) => ({ name, status: status.code, outputs: attributes["mlflow.spanOutputs"] }));
console.log(JSON.stringify({ spans }));
