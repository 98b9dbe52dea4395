import { context, createContextKey, ROOT_CONTEXT, type MeterProvider } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { safely, tracingRuntime, type CapturePolicy } from "@tracelake/tracing";
import { formatTraceId } from "@tracelake/wire";
import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createPipeline, createSinks } from "./create-pipeline.ts";
import type { FlushGoal } from "./delivery/delivery.ts";
import type { Destination } from "./destination/destination.ts";
import { optionInvalid } from "./option-invalid.ts";
import type { FlushResult, Pipeline, PipelineStats } from "./pipeline/pipeline.ts";
import type { PipelineOptions } from "./pipeline/read-settings.ts";
import { report } from "./report.ts";
import { createResource, type ResourceOptions } from "./resource.ts";
import { offerMetrics } from "./self-telemetry.ts";
import { createSampler } from "./provider/sampler.ts";
import { SpanProvider } from "./provider/span-provider.ts";
import { SpanRecorder } from "./span-recorder.ts";

/** What {@link start} may be told; everything has a default. */
export interface StartOptions extends ResourceOptions, PipelineOptions {
  /**
   * One or several. Default: `MLFLOW_TRACING_DESTINATION`, else the experiment of `MLFLOW_EXPERIMENT_ID` or
   * `MLFLOW_EXPERIMENT_NAME`, at the MLflow server of `MLFLOW_TRACKING_URI` or in the workspace that settings or the
   * `DEFAULT` profile name, else `TRACELAKE_DIRECTORY`, else a local workspace in `.tracelake/`.
   */
  readonly destination?: Destination | readonly Destination[];
  /**
   * What of the observed data may be recorded. A later call changes only what it names, for spans that begin then: give
   * `content: true` to record content again, and `redact: (value) => value` to redact nothing any more.
   */
  readonly capture?: Partial<CapturePolicy>;
  /** The share of traces to record, 0 to 1. Default `MLFLOW_TRACE_SAMPLING_RATIO`, else 1. */
  readonly samplingRatio?: number;
  /**
   * Where what `stats()` says is offered as OpenTelemetry's metrics of SDK components, such as
   * `otel.sdk.exporter.span.exported`. Default: nowhere.
   */
  readonly meterProvider?: MeterProvider;
}

interface Started {
  readonly pipeline: Pipeline;
  readonly provider: SpanProvider;
  /** What was asked for, and what of later calls was told to have no effect. */
  readonly options: StartOptions;
  readonly toldIgnored: Set<string>;
}

const startedKey = Symbol.for("tracelake.uc-exporter.started.1");

const started = (): Started | undefined => Reflect.get(globalThis, startedKey) as Started | undefined;

const readSamplingRatio = (given: number | undefined): number => {
  const seen = given ?? process.env["MLFLOW_TRACE_SAMPLING_RATIO"] ?? 1;
  const ratio = seen === "" ? Number.NaN : Number(seen);
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw optionInvalid(
    "The sampling ratio cannot be used",
    seen,
    "Set MLFLOW_TRACE_SAMPLING_RATIO, or `samplingRatio`, to a number from 0 to 1.",
  );
};

// Without a context manager no span is ever active, so nothing would nest. An application's own is left in place.
const ensureContextManager = (): void => {
  const probe = createContextKey("tracelake.probe");
  const isWorking = context.with(ROOT_CONTEXT.setValue(probe, true), () => context.active().getValue(probe) === true);
  if (!isWorking) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
};

// What may throw comes first: a pipeline that nobody knows of would go on.
const create = (options: StartOptions): Started => {
  const resource = createResource(options);
  const sampler = createSampler(readSamplingRatio(options.samplingRatio));
  const pipeline = createPipeline(options.destination, options);
  const listener = new SpanRecorder(pipeline);
  const provider = new SpanProvider({ resource, sampler, listener });
  return { pipeline, provider, options, toldIgnored: new Set() };
};

const tellWhereLocalTracesGo = (pipeline: Pipeline): void => {
  for (const sink of pipeline.sinks) {
    if (sink?.type === "local") {
      report(
        "local",
        `Traces are kept in ${relative(process.cwd(), sink.name) || "."}. See them with: npx tracelake traces`,
      );
    }
  }
};

const offerMetricsTo = (meterProvider: MeterProvider | undefined, pipeline: Pipeline): void => {
  if (meterProvider !== undefined) safely(() => offerMetrics(meterProvider, () => pipeline.stats()), undefined);
};

const changeable: ReadonlySet<string> = new Set(["destination", "capture", "meterProvider"]);

const tellIgnored = ({ options, toldIgnored }: Started, later: StartOptions): void => {
  const inForce = new Map<string, unknown>(Object.entries(options));
  const ignored = Object.entries(later)
    .filter(([name, value]) => value !== undefined && !changeable.has(name) && !toldIgnored.has(name))
    .filter(([name, value]) => !isDeepStrictEqual(value, inForce.get(name)))
    .map(([name]) => name);
  if (ignored.length === 0) return;
  for (const name of ignored) toldIgnored.add(name);
  report(
    `ignored ${ignored.join(", ")}`,
    `Recording has already started, so that start() ignores ${ignored.join(", ")}. Call start() before autolog() and before the first span.`,
  );
};

const withNamed = (policy: CapturePolicy, change: Partial<CapturePolicy>): CapturePolicy => ({
  ...policy,
  ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
});

/**
 * Starts recording with a provider of Tracelake's own, isolated from any other OpenTelemetry in the process. Calling it
 * again changes nothing, except that a `destination`, `capture` or `meterProvider` it names is used from then on; other
 * options that differ from those in force are named on stderr, once each.
 *
 * Without an explicit call, the first span or a plugin's `autolog()` starts with the defaults; a mistake in the
 * configuration is then one line on stderr, and the application runs on.
 *
 * @throws {TracelakeError} `CONFIG_*`, where a setting cannot be used.
 */
export const start = (options: StartOptions = {}): void => {
  const runtime = tracingRuntime();
  // What must not be recorded is not, also where the rest cannot be used and the first span starts with the defaults.
  if (options.capture !== undefined) runtime.policy = withNamed(runtime.policy, options.capture);
  const running = started();
  if (running !== undefined) {
    if (options.destination !== undefined) running.pipeline.setSinks(createSinks(options.destination));
    offerMetricsTo(options.meterProvider, running.pipeline);
    safely(() => tellIgnored(running, options), undefined);
    return;
  }
  const starting = create(options);
  const { pipeline, provider } = starting;
  ensureContextManager();
  Reflect.set(globalThis, startedKey, starting);
  runtime.provider = provider;
  runtime.formatTraceId = (otelTraceId) => formatTraceId(otelTraceId, pipeline.location);
  if (options.destination === undefined) tellWhereLocalTracesGo(pipeline);
  offerMetricsTo(options.meterProvider, pipeline);
};

let hasFailed = false;

/** {@link start} for whoever must not be disturbed: a plugin, or the first span of an application that never called it. */
const startQuietly = (): SpanProvider | undefined => {
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

/** The pipeline that {@link start} made, or makes now with the defaults; `undefined` where that fails. */
export const startedPipeline = (): Pipeline | undefined => {
  startQuietly();
  return started()?.pipeline;
};

/**
 * Sends traces somewhere else from now on. What was recorded before still goes where it was bound.
 *
 * @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used; the former one then stays.
 */
export const setDestination = (destination: Destination | readonly Destination[]): void => start({ destination });

const nothing: FlushResult = { exported: 0, durable: 0, dropped: 0 };

/** How long {@link flush} waits, and for what. */
export interface FlushOptions {
  /** Default 10,000. */
  readonly timeoutMillis?: number;
  /**
   * `"exported"` (default): until the destination has everything. `"durable"`: until everything is on this machine's disk or
   * further, which an end of the process cannot take; without a disk this is `"exported"`.
   */
  readonly until?: FlushGoal;
}

/**
 * Sends what is queued now.
 *
 * @returns what became of all spans since the start, when everything is where `until` says or the time is over. Never
 * throws.
 */
export const flush = async (options: FlushOptions = {}): Promise<FlushResult> =>
  started()?.pipeline.flush(options.timeoutMillis, options.until) ?? nothing;

/** {@link flush}, after which nothing more is recorded. `timeoutMillis` is 5,000 unless given. Never throws. */
export const shutdown = async (options: { readonly timeoutMillis?: number } = {}): Promise<FlushResult> =>
  started()?.pipeline.shutdown(options.timeoutMillis) ?? nothing;

/** Where all records are, see {@link PipelineStats}. `undefined` before the start. */
export const stats = (): PipelineStats | undefined => started()?.pipeline.stats();

tracingRuntime().start ??= startQuietly;
