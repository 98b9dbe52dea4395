// Other vendors' instrumentations, each set up as its own documentation says, and what they have recorded.
const { context, metrics, trace } = require("@opentelemetry/api");
const { AsyncLocalStorageContextManager } = require("@opentelemetry/context-async-hooks");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

/** What every vendor offers: a step before the client is loaded, one with its class, and one with the client. */
const nothing = { beforeLoading: () => undefined, withClass: () => undefined, wrap: (client) => client };

/** A provider of the application's own, as users of these instrumentations have it. */
const theirProvider = () => {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const namesOf = () => exporter.getFinishedSpans().map(({ name }) => name);
  return { tracerProvider, namesOf };
};

const openInference = () => {
  const { OpenAIInstrumentation } = require("@arizeai/openinference-instrumentation-openai");
  const { tracerProvider, namesOf } = theirProvider();
  const instrumentation = new OpenAIInstrumentation({ tracerProvider });
  return { ...nothing, withClass: (OpenAI) => instrumentation.manuallyInstrument(OpenAI), namesOf };
};

const traceloop = () => {
  const { OpenAIInstrumentation } = require("@traceloop/instrumentation-openai");
  const { tracerProvider, namesOf } = theirProvider();
  const instrumentation = new OpenAIInstrumentation();
  instrumentation.setTracerProvider(tracerProvider);
  return { ...nothing, withClass: (OpenAI) => instrumentation.manuallyInstrument(OpenAI), namesOf };
};

const openTelemetry = () => {
  const { tracerProvider, namesOf } = theirProvider();
  const beforeLoading = () => {
    const { OpenAIInstrumentation } = require("@opentelemetry/instrumentation-openai");
    const instrumentation = new OpenAIInstrumentation();
    instrumentation.setTracerProvider(tracerProvider);
    instrumentation.setMeterProvider(metrics.getMeterProvider());
  };
  return { ...nothing, beforeLoading, namesOf };
};

const langfuse = () => {
  const { setLangfuseTracerProvider } = require("@langfuse/tracing");
  const { observeOpenAI } = require("@langfuse/openai");
  const { tracerProvider, namesOf } = theirProvider();
  setLangfuseTracerProvider(tracerProvider);
  return { ...nothing, wrap: (client) => observeOpenAI(client), namesOf };
};

const langSmith = () => {
  const { wrapOpenAI } = require("langsmith/wrappers");
  const ended = [];
  const client = {
    createRun: () => Promise.resolve(),
    updateRun: (_, { name }) => {
      ended.push(name ?? "run");
      return Promise.resolve();
    },
  };
  return { ...nothing, wrap: (openai) => wrapOpenAI(openai, { client, tracingEnabled: true }), namesOf: () => ended };
};

const braintrust = async () => {
  const { initLogger, wrapOpenAI, _exportsForTestingOnly: offline } = require("braintrust");
  offline.setInitialTestState();
  await offline.simulateLoginForTests();
  const logger = offline.useTestBackgroundLogger();
  initLogger({ projectName: "none", projectId: "none" });
  const namesOf = async () => (await logger.drain()).map((row) => row.span_attributes?.name);
  return { ...nothing, wrap: (client) => wrapOpenAI(client), namesOf };
};

const sentry = () => {
  const Sentry = require("@sentry/node");
  const ended = [];
  Sentry.init({
    dsn: "http://public@127.0.0.1:9/1",
    tracesSampleRate: 1,
    traceLifecycle: "static",
    beforeSendTransaction: (transaction) => {
      ended.push(transaction.transaction);
      return null;
    },
  });
  const namesOf = async () => {
    await Sentry.flush(1000);
    return ended.filter((name) => name?.startsWith("chat"));
  };
  return { ...nothing, namesOf };
};

/** The application has a context manager, as every set-up of these has. */
exports.vendors = {
  openInference,
  traceloop,
  openTelemetry,
  langfuse,
  langSmith,
  braintrust,
  sentry,
  none: () => ({ ...nothing, namesOf: () => [] }),
};

exports.startContext = () => {
  trace.disable();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
};
