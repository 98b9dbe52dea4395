// How a process can end while a call is under way. Each prints its spans when everything else is over, as an exporter would.
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

process.on("exit", () => {
  const spans = exporter.getFinishedSpans().map(({ name, status, attributes }) => ({
    name,
    status: status.code,
    message: status.message,
    outputs: attributes["mlflow.spanOutputs"],
    isLeft: attributes["tracelake.stream.left_early"],
  }));
  process.stdout.write(JSON.stringify({ spans }));
});

const messages = [{ role: "user", content: "hello" }];
const ask = (client, model, more = {}) => client.chat.completions.create({ model, messages, ...more });
const openStream = (client, model) => ask(client, model, { stream: true });

const endings = {
  "exits in the middle of a stream": async (client) => {
    let count = 0;
    for await (const _chunk of await openStream(client, "chat-endless")) if (++count === 2) process.exit(0);
  },
  "exits before the answer": async (client) => {
    void ask(client, "chat-silent");
    setTimeout(() => process.exit(0), 100);
  },
  "throws in the middle of a stream": async (client) => {
    for await (const _chunk of await openStream(client, "chat-endless")) {
      process.nextTick(() => {
        throw new Error("uncaught");
      });
    }
  },
  "never awaits": async (client) => void ask(client, "chat-hello"),
  "never reads": async (client) => void (await openStream(client, "chat-hello")),
  "never reads, and holds on": async (client) => {
    globalThis.held = await openStream(client, "chat-endless");
    setTimeout(() => process.exit(0), 50);
  },
  "does not handle an error": async (client) => void ask(client, "error-server"),
  "ends as usual": async (client) => void (await ask(client, "chat-hello")),
};

exports.run = async (OpenAI, autolog) => {
  autolog({ tracerProvider });
  const client = new OpenAI({ apiKey: "none", baseURL: process.env.MODEL_URL, maxRetries: 0 });
  await endings[process.argv[2]](client);
};
