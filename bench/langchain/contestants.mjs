// Who is measured, and how each is put in place. All of them get the same provider, which drops what it is given.
import { pathToFileURL } from "node:url";
import { ROOT_CONTEXT, trace } from "@opentelemetry/api";

const nothing = () => ({
  name: "nothing",
  awaitHandlers: true,
  copy() {
    return this;
  },
});

/** Opens and ends a span for each run, below that of the run above, and records nothing: what nobody who traces can save. */
const bareSpans = (provider) => {
  const tracer = provider.getTracer("bare");
  const spans = new Map();
  const start = (_serialized, _inputs, runId, parentRunId) => {
    const parent = spans.get(parentRunId);
    spans.set(runId, tracer.startSpan("run", {}, parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT));
  };
  const end = (_result, runId) => {
    spans.get(runId)?.end();
    spans.delete(runId);
  };
  return {
    ...nothing(),
    handleChainStart: start,
    handleChatModelStart: start,
    handleToolStart: start,
    handleChainEnd: end,
    handleLLMEnd: end,
    handleToolEnd: end,
  };
};

const autologging = async (name, className, provider) => {
  const module = await import(name);
  const instrumentation = new module[className]();
  instrumentation.setTracerProvider(provider);
  const manager = await import("@langchain/core/callbacks/manager");
  instrumentation.manuallyInstrument(
    className === "LangChainInstrumentation" && name.startsWith("@traceloop")
      ? { callbackManagerModule: manager }
      : manager,
  );
  return undefined;
};

/** By name, a function from the provider to the handlers of a call. */
export const contestants = {
  none: async () => undefined,
  nothing: async () => [nothing()],
  bare: async (provider) => [bareSpans(provider)],
  tracelake: async (provider) => {
    const { TracelakeCallbackHandler } = await import(pathToFileURL(process.env.TRACELAKE_ENTRY).href);
    return [new TracelakeCallbackHandler({ tracerProvider: provider })];
  },
  openinference: (provider) =>
    autologging("@arizeai/openinference-instrumentation-langchain", "LangChainInstrumentation", provider),
  langfuse: async (provider) => {
    const { setLangfuseTracerProvider } = await import("@langfuse/tracing");
    const { CallbackHandler } = await import("@langfuse/langchain");
    setLangfuseTracerProvider(provider);
    return [new CallbackHandler()];
  },
  traceloop: (provider) => autologging("@traceloop/instrumentation-langchain", "LangChainInstrumentation", provider),
};
