// A small application, to be bundled into one file with all that it imports.
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { autolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";

const exporter = new InMemorySpanExporter();
autolog({
  openai: OpenAI,
  tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
});

const main = async () => {
  const client = new OpenAI({ apiKey: "none", baseURL: process.env.MODEL_URL, maxRetries: 0 });
  const messages = [{ role: "user", content: "hello" }];
  const completion = await client.chat.completions.create({ model: "chat-hello", messages });
  let chunks = 0;
  for await (const chunk of await client.chat.completions.create({ model: "chat-hello", messages, stream: true })) {
    chunks += chunk.object === "chat.completion.chunk" ? 1 : 0;
  }
  const { data } = await client.embeddings.create({ model: "embeddings-two", input: ["a", "b"] });
  const spans = exporter.getFinishedSpans().map(({ name, status }) => `${name} ${status.code}`);
  process.stdout.write(JSON.stringify({ id: completion.id, chunks, vectors: data.length, spans }));
};

void main();
