import { context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from "@opentelemetry/sdk-trace-base";
import { defaultCapturePolicy, tracingRuntime, type CapturePolicy } from "@tracelake/tracing";
import { ErrorCode, formatTraceId, quoteForMessage, TracelakeError } from "@tracelake/wire";
import { relative } from "node:path";
import { createPipeline, createSinks } from "./create-pipeline.ts";
import type { Destination } from "./destination/destination.ts";
import type { FlushResult, Pipeline, PipelineStats } from "./pipeline/pipeline.ts";
import { report } from "./report.ts";
import { createResource, type ResourceOptions } from "./resource.ts";
import { Delivery } from "./sinks/sink.ts";
import { UnityCatalogSpanProcessor } from "./span-processor.ts";

/** What {@link start} may be told; everything has a default. */
export interface StartOptions extends ResourceOptions {
  /**
   * One or several. Default: `MLFLOW_TRACING_DESTINATION`, else the location of `MLFLOW_EXPERIMENT_ID` or
   * `MLFLOW_EXPERIMENT_NAME`, else `TRACELAKE_DIRECTORY`, else a local workspace in `.tracelake/`.
   */
  readonly destination?: Destination | readonly Destination[];
  /** What of the observed data may be recorded. */
  readonly capture?: Partial<CapturePolicy>;
  /** The share of traces to record, 0 to 1. Default `MLFLOW_TRACE_SAMPLING_RATIO`, else 1. */
  readonly samplingRatio?: number;
}

interface Started {
  readonly pipeline: Pipeline;
  readonly provider: BasicTracerProvider;
}

const startedKey = Symbol.for("tracelake.uc-exporter.started.1");

const started = (): Started | undefined => Reflect.get(globalThis, startedKey) as Started | undefined;

const readSamplingRatio = (given: number | undefined): number => {
  const seen = given ?? process.env["MLFLOW_TRACE_SAMPLING_RATIO"] ?? 1;
  const ratio = seen === "" ? Number.NaN : Number(seen);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "The sampling ratio cannot be used",
    seen: quoteForMessage(seen),
    remedy: "Set MLFLOW_TRACE_SAMPLING_RATIO, or `samplingRatio`, to a number from 0 to 1.",
  });
};

const createSampler = (ratio: number): Sampler =>
  ratio === 1 ? new AlwaysOnSampler() : new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });

// Without a context manager no span is ever active, so nothing would nest. An application's own is left in place.
const ensureContextManager = (): void => {
  const probe = createContextKey("tracelake.probe");
  const isWorking = context.with(ROOT_CONTEXT.setValue(probe, true), () => context.active().getValue(probe) === true);
  if (!isWorking) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
};

const createProvider = (options: StartOptions, pipeline: Pipeline): BasicTracerProvider =>
  new BasicTracerProvider({
    resource: createResource(options),
    sampler: createSampler(readSamplingRatio(options.samplingRatio)),
    spanProcessors: [new UnityCatalogSpanProcessor({}, pipeline)],
    // What may be recorded is the capture policy's business; OTEL_* limits are meant for somebody else's telemetry.
    spanLimits: {
      attributeCountLimit: 1024,
      attributeValueLengthLimit: Number.POSITIVE_INFINITY,
      eventCountLimit: 10_000,
      linkCountLimit: 1024,
      attributePerEventCountLimit: 1024,
      attributePerLinkCountLimit: 128,
    },
  });

const tellWhereLocalTracesGo = (pipeline: Pipeline): void => {
  for (const sink of pipeline.sinks) {
    if (sink?.delivery === Delivery.DURABLE) {
      report(
        "local",
        `Traces are kept in ${relative(process.cwd(), sink.name) || "."}. See them with: npx tracelake traces`,
      );
    }
  }
};

/**
 * Starts recording with a provider of Tracelake's own, isolated from any other OpenTelemetry in the process. Calling it
 * again changes nothing, except that a `destination` or `capture` it names is used from then on.
 *
 * Without an explicit call, the first span or a plugin's `autolog()` starts with the defaults; a mistake in the
 * configuration is then one line on stderr, and the application runs on.
 *
 * @throws {TracelakeError} `CONFIG_*`, where a setting cannot be used.
 */
export const start = (options: StartOptions = {}): void => {
  const runtime = tracingRuntime();
  const running = started();
  if (options.capture !== undefined) runtime.policy = { ...defaultCapturePolicy, ...options.capture };
  if (running !== undefined) {
    if (options.destination !== undefined) running.pipeline.setSinks(createSinks(options.destination));
    return;
  }
  const pipeline = createPipeline(options.destination);
  const provider = createProvider(options, pipeline);
  ensureContextManager();
  Reflect.set(globalThis, startedKey, { pipeline, provider } satisfies Started);
  runtime.provider = provider;
  runtime.formatTraceId = (otelTraceId) => formatTraceId(otelTraceId, pipeline.location);
  if (options.destination === undefined) tellWhereLocalTracesGo(pipeline);
};

let hasFailed = false;

/** {@link start} for whoever must not be disturbed: a plugin, or the first span of an application that never called it. */
const startQuietly = (): BasicTracerProvider | undefined => {
  if (started() === undefined && !hasFailed) {
    try {
      start();
    } catch (error) {
      hasFailed = true;
      report("start", `Nothing is traced. ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return started()?.provider;
};

/**
 * Sends traces somewhere else from now on. What was recorded before still goes where it was bound.
 *
 * @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used; the former one then stays.
 */
export const setDestination = (destination: Destination | readonly Destination[]): void => start({ destination });

const nothing: FlushResult = { exported: 0, durable: 0, dropped: 0 };

/**
 * Sends what is queued now.
 *
 * @returns what became of all spans since the start, when everything was taken or `timeoutMillis` (default 10,000) is
 * over. Never throws.
 */
export const flush = async (options: { readonly timeoutMillis?: number } = {}): Promise<FlushResult> =>
  started()?.pipeline.flush(options.timeoutMillis) ?? nothing;

/** {@link flush}, after which nothing more is recorded. `timeoutMillis` is 5,000 unless given. Never throws. */
export const shutdown = async (options: { readonly timeoutMillis?: number } = {}): Promise<FlushResult> =>
  started()?.pipeline.shutdown(options.timeoutMillis) ?? nothing;

/** How many spans were accepted, and what became of them. `undefined` before the start. */
export const stats = (): PipelineStats | undefined => started()?.pipeline.stats();

tracingRuntime().start ??= startQuietly;
