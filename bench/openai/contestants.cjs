// Ways of recording the openai client, each set up as its own documentation says, all with the same two exporters: one
// that drops what it gets, or the OTLP exporter of OpenTelemetry. What has a transport of its own is pointed at the sink.
const noExporter = () => ({
  export: (_, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
  forceFlush: () => Promise.resolve(),
});

const otlpExporter = (sink) => {
  const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter({ url: `${sink}/v1/traces` });
};

/** OpenTelemetry with batches, as it is run in production; counts the spans that end. */
const openTelemetrySdk = (sink) => {
  const { context } = require("@opentelemetry/api");
  const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks");
  const { BasicTracerProvider, BatchSpanProcessor } = require("@opentelemetry/sdk-trace-base");
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  let ended = 0;
  const counter = {
    onStart: () => undefined,
    onEnd: () => void ended++,
    shutdown: () => Promise.resolve(),
    forceFlush: () => Promise.resolve(),
  };
  const exporter = sink === undefined ? noExporter() : otlpExporter(sink);
  // The default queue of 2,048 spans drops what comes faster than it is sent.
  const batches = new BatchSpanProcessor(exporter, { maxQueueSize: 1_000_000 });
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [counter, batches] });
  return { tracerProvider, counted: () => ended, flush: () => tracerProvider.forceFlush() };
};

const unchanged = (client) => client;
const load = () => require("openai").OpenAI;

const plain = () => ({ OpenAI: load(), wrap: unchanged, counted: () => 0, flush: () => Promise.resolve() });

const ours = (sink) => {
  const { autolog } = require("@tracelake/autolog-openai");
  const count = () => autolog.status().seen["chat.completions.create"] ?? 0;
  if (sink === undefined) {
    const { tracerProvider, ...sdk } = openTelemetrySdk();
    autolog({ tracerProvider });
    return { OpenAI: load(), wrap: unchanged, ...sdk };
  }
  const { flush, start } = require("@tracelake/uc-exporter");
  start({ destination: { type: "otlp", endpoint: `${sink}/v1/traces` } });
  autolog();
  return { OpenAI: load(), wrap: unchanged, counted: count, flush };
};

const openInference = (sink) => {
  const { OpenAIInstrumentation } = require("@arizeai/openinference-instrumentation-openai");
  const { tracerProvider, ...sdk } = openTelemetrySdk(sink);
  const OpenAI = load();
  new OpenAIInstrumentation({ tracerProvider }).manuallyInstrument(OpenAI);
  return { OpenAI, wrap: unchanged, ...sdk };
};

const traceloop = (sink) => {
  const { OpenAIInstrumentation } = require("@traceloop/instrumentation-openai");
  const { tracerProvider, ...sdk } = openTelemetrySdk(sink);
  const OpenAI = load();
  const instrumentation = new OpenAIInstrumentation();
  instrumentation.setTracerProvider(tracerProvider);
  instrumentation.manuallyInstrument(OpenAI);
  return { OpenAI, wrap: unchanged, ...sdk };
};

// What was said goes to its log events, and nobody takes those here: its spans have no content.
const openTelemetry = (sink) => {
  const { metrics } = require("@opentelemetry/api");
  const { OpenAIInstrumentation } = require("@opentelemetry/instrumentation-openai");
  const { tracerProvider, ...sdk } = openTelemetrySdk(sink);
  const instrumentation = new OpenAIInstrumentation({ captureMessageContent: true });
  instrumentation.setTracerProvider(tracerProvider);
  instrumentation.setMeterProvider(metrics.getMeterProvider());
  return { OpenAI: load(), wrap: unchanged, ...sdk };
};

const langfuse = (sink) => {
  const { setLangfuseTracerProvider } = require("@langfuse/tracing");
  const { observeOpenAI } = require("@langfuse/openai");
  const { tracerProvider, ...sdk } = openTelemetrySdk(sink);
  setLangfuseTracerProvider(tracerProvider);
  return { OpenAI: load(), wrap: (client) => observeOpenAI(client), ...sdk };
};

const langSmith = (sink) => {
  const { Client } = require("langsmith");
  const { wrapOpenAI } = require("langsmith/wrappers");
  let ended = 0;
  const dropping = {
    createRun: () => Promise.resolve(),
    updateRun: () => {
      ended++;
      return Promise.resolve();
    },
  };
  class Counting extends Client {
    updateRun(...args) {
      ended++;
      return super.updateRun(...args);
    }
  }
  const sending = sink === undefined ? undefined : new Counting({ apiUrl: sink, apiKey: "none" });
  const client = sending ?? dropping;
  const wrap = (openai) => wrapOpenAI(openai, { client, tracingEnabled: true });
  return { OpenAI: load(), wrap, counted: () => ended, flush: async () => sending?.awaitPendingTraceBatches() };
};

const braintrust = async () => {
  const { initLogger, wrapOpenAI, _exportsForTestingOnly: offline } = require("braintrust");
  offline.setInitialTestState();
  await offline.simulateLoginForTests();
  const logger = offline.useTestBackgroundLogger();
  initLogger({ projectName: "none", projectId: "none" });
  let ended = 0;
  const flush = async () => {
    ended += (await logger.drain()).length;
  };
  return { OpenAI: load(), wrap: (client) => wrapOpenAI(client), counted: () => ended, flush };
};

const sentry = (sink) => {
  const Sentry = require("@sentry/node");
  let ended = 0;
  Sentry.init({
    dsn: `http://public@${new URL(sink ?? "http://127.0.0.1:9").host}/1`,
    tracesSampleRate: 1,
    dataCollection: { genAI: { inputs: true, outputs: true } },
    ...(sink === undefined
      ? { transport: () => ({ send: () => Promise.resolve({}), flush: () => Promise.resolve(true) }) }
      : {}),
    beforeSendSpan: (span) => {
      ended++;
      return span;
    },
  });
  return { OpenAI: load(), wrap: unchanged, counted: () => ended, flush: () => Sentry.flush(30_000) };
};

/** By the names that the tables show. Braintrust's own transport asks its service first, so it has no sink. */
exports.contestants = {
  plain: { title: "openai alone", set: plain },
  ours: { title: "Tracelake", set: ours },
  openInference: { title: "OpenInference", set: openInference },
  traceloop: { title: "Traceloop", set: traceloop },
  openTelemetry: { title: "OpenTelemetry contrib (without content)", set: openTelemetry },
  langfuse: { title: "Langfuse", set: langfuse },
  langSmith: { title: "LangSmith", set: langSmith },
  braintrust: { title: "Braintrust", set: braintrust, hasNoSink: true },
  sentry: { title: "Sentry", set: sentry },
};
