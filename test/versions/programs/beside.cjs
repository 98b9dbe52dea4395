// One vendor's instrumentation and ours in one process: `beside.cjs <vendor> <theirs-first | ours-first | theirs-alone>`.
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");
const { startContext, vendors } = require("./vendors.cjs");

const [name, order] = process.argv.slice(2);
const messages = [{ role: "user", content: "hello" }];
const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(String(error)));

const read = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};

const main = async () => {
  if (name !== "sentry") startContext();
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const observe = () => require("@tracelake/autolog-openai").autolog({ tracerProvider });

  if (order === "ours-first") observe();
  const vendor = await vendors[name]();
  vendor.beforeLoading();
  const { OpenAI } = require("openai");
  vendor.withClass(OpenAI);
  const plainClient = new OpenAI({ apiKey: "none", baseURL: process.env.MODEL_URL, maxRetries: 0 });
  const client = vendor.wrap(plainClient);
  if (order === "theirs-first") observe();

  const completion = await client.chat.completions.create({ model: "chat-hello", messages });
  const chunks = await read(await client.chat.completions.create({ model: "chat-hello", messages, stream: true }));
  const refused = await client.chat.completions.create({ model: "error-rate-limit", messages }).then(
    () => "not refused",
    (error) => `${error.constructor.name} ${error.status}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 100));

  const ours = exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    status: span.status.code,
    tokens: span.attributes["gen_ai.usage.input_tokens"],
  }));
  const theirs = (await vendor.namesOf()).sort();
  process.stdout.write(JSON.stringify({ results: { completion, chunks, refused }, ours, theirs, unhandled }));
  process.exit(0);
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
