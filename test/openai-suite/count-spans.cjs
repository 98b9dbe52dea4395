// A provider that counts the spans it starts and ends, and keeps none.
const { appendFileSync } = require("node:fs");
const { BasicTracerProvider } = require("@opentelemetry/sdk-trace-base");

/**
 * Records with `autolog`, and writes at the end of a file of tests how many of its spans ended. The client is loaded when
 * the file of tests has been: its mocks of modules would come too late for a client that is there already.
 */
exports.countSpans = ({ autolog, loadOpenAI }) => {
  const counts = { started: 0, ended: 0 };
  const processor = {
    onStart: () => void counts.started++,
    onEnd: () => void counts.ended++,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [processor] });
  globalThis.beforeAll(async () => autolog({ openai: await loadOpenAI(), tracerProvider }));
  globalThis.afterAll(() => appendFileSync(process.env.TRACELAKE_SPAN_COUNTS, `${JSON.stringify(counts)}\n`));
};
