import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { autolog } from "@tracelake/autolog-openai";
import OpenAI from "openai";

export const dynamic = "force-dynamic";

const exporter = new InMemorySpanExporter();
autolog({
  openai: OpenAI,
  tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
});

export const GET = async () => {
  const client = new OpenAI({ apiKey: "none", baseURL: process.env.MODEL_URL, maxRetries: 0 });
  const messages = [{ role: "user", content: "hello" }];
  const { id } = await client.chat.completions.create({ model: "chat-hello", messages });
  const spans = exporter.getFinishedSpans().map(({ name, status }) => `${name} ${status.code}`);
  return Response.json({ id, spans });
};
