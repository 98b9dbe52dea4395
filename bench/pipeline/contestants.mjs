import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { attributesOf, valuesOf } from "./content.mjs";

/** Modules of the environment that the runner installed for the benchmark. */
const installed = (name, environmentFolder) => {
  const require = createRequire(join(environmentFolder, "package.json"));
  return import(pathToFileURL(require.resolve(name)).href);
};

const spansOfOneTrace = 8;

/**
 * Spans in traces of eight, the root of which ends last.
 *
 * `end` is called with the span's `end()`, so that a scenario can time it.
 */
const recorder = ({ tracer, api, extraBytes, end }) => {
  let root;
  let parent = api.ROOT_CONTEXT;
  return (number) => {
    const place = number % spansOfOneTrace;
    const attributes = attributesOf(number, extraBytes[number % extraBytes.length]);
    if (place === 0) {
      root = tracer.startSpan("answer");
      parent = api.trace.setSpan(api.ROOT_CONTEXT, root);
    }
    if (place === spansOfOneTrace - 1) {
      root.setAttributes(attributes);
      end(root);
    } else {
      end(tracer.startSpan("chat support-large-2", { attributes }, parent));
    }
  };
};

const none = async ({ environmentFolder, extraBytes, end }) => {
  const api = await installed("@opentelemetry/api", environmentFolder);
  const tracer = api.trace.getTracer("bench");
  return {
    record: recorder({ tracer, api, extraBytes, end }),
    flush: async () => {},
    shutdown: async () => {},
    stats: () => undefined,
  };
};

const otelWith =
  (processorOptions, exporterOptions) =>
  async ({ endpoint, environmentFolder, extraBytes, end }) => {
    const api = await installed("@opentelemetry/api", environmentFolder);
    const sdk = await installed("@opentelemetry/sdk-trace-base", environmentFolder);
    const { OTLPTraceExporter } = await installed("@opentelemetry/exporter-trace-otlp-proto", environmentFolder);
    const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, ...exporterOptions });
    const provider = new sdk.BasicTracerProvider({
      spanProcessors: [new sdk.BatchSpanProcessor(exporter, processorOptions)],
    });
    return {
      record: recorder({ tracer: provider.getTracer("bench"), api, extraBytes, end }),
      flush: () => provider.forceFlush().catch(() => {}),
      shutdown: () => provider.shutdown().catch(() => {}),
      stats: () => undefined,
    };
  };

const destinations = {
  otlp: (endpoint) => ({ type: "otlp", endpoint: `${endpoint}/v1/traces` }),
  "unity-catalog": (endpoint) => ({
    type: "unity-catalog",
    location: "main.agents.bench",
    host: endpoint,
    token: "bench",
  }),
};

const oursTo =
  (destination, options = {}) =>
  async ({ endpoint, extraBytes, end, flushMillis }) => {
    const api = await import("@opentelemetry/api");
    const sdk = await import("@opentelemetry/sdk-trace-base");
    const { UnityCatalogSpanProcessor } = await import("@tracelake/uc-exporter");
    const processor = new UnityCatalogSpanProcessor({ destination: destinations[destination](endpoint), ...options });
    const provider = new sdk.BasicTracerProvider({ spanProcessors: [processor] });
    return {
      record: recorder({ tracer: provider.getTracer("bench"), api, extraBytes, end }),
      flush: () => processor.flush(flushMillis),
      shutdown: () => provider.shutdown(),
      stats: () => processor.stats(),
    };
  };

/** LangSmith's own client, which speaks its own protocol: one call for each run that has ended. */
const langsmith = async ({ endpoint, environmentFolder, extraBytes, flushMillis }) => {
  const { Client } = await installed("langsmith", environmentFolder);
  const client = new Client({ apiUrl: endpoint, apiKey: "bench" });
  const record = (number) => {
    const id = randomUUID();
    const now = Date.now();
    const run = {
      id,
      trace_id: id,
      dotted_order: `${new Date(now).toISOString().replaceAll(/[-:.]/g, "").slice(0, -1)}000Z${id}`,
      name: "chat support-large-2",
      run_type: "llm",
      start_time: now,
      end_time: now,
      project_name: "bench",
      ...valuesOf(number, extraBytes[number % extraBytes.length]),
    };
    client.createRun(run).catch(() => {});
  };
  const isOver = (signal) => pause(flushMillis, undefined, { signal, ref: false }).catch(() => {});
  const flush = async () => {
    const controller = new AbortController();
    await Promise.race([client.awaitPendingTraceBatches(), isOver(controller.signal)]);
    controller.abort();
  };
  return { record, flush, shutdown: async () => {}, stats: () => undefined };
};

/** Who takes part, by name. Each says how to record the span of a number, how to flush and how to stop. */
export const contestants = {
  none,
  otel: otelWith(undefined, {}),
  // The same with a queue that holds the run and larger batches, for what a careful user may get out of it.
  "otel-tuned": otelWith(
    { maxQueueSize: 250_000, maxExportBatchSize: 2_048, scheduledDelayMillis: 500 },
    { compression: "gzip" },
  ),
  "otel-gzip": otelWith(undefined, { compression: "gzip" }),
  langsmith,
  // To this machine it compresses only when it is told to.
  ours: oursTo("otlp"),
  "ours-gzip": oursTo("otlp", { compression: "gzip" }),
  "ours-uc-gzip": oursTo("unity-catalog", { compression: "gzip" }),
};
