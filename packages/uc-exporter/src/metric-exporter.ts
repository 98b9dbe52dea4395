import { safely } from "@tracelake/tracing";
import { toOtlpMetrics } from "./convert/metric-to-otlp.ts";
import { roughBytesOf } from "./convert/value-to-otlp.ts";
import { RecordKind } from "./pipeline/ledger.ts";
import type { PipelineStats } from "./pipeline/pipeline.ts";
import { sourceOf, type MessageRecord } from "./pipeline/records.ts";
import type { ResourceMetrics } from "./readable-metrics.ts";
import type { ExportResult } from "./readable-span.ts";
import { SignalPipeline, type SignalExporterOptions } from "./signal-pipeline.ts";

/** Whether a sum counts since the last export or since its start; the numbers are OpenTelemetry's. */
export const MetricTemporality = { DELTA: 0, CUMULATIVE: 1 } as const;
export type MetricTemporality = (typeof MetricTemporality)[keyof typeof MetricTemporality];

/** What {@link UnityCatalogMetricExporter} may be told. */
export type UnityCatalogMetricExporterOptions = SignalExporterOptions & {
  /** What counters and histograms say. Default `CUMULATIVE`. What goes up and down is always cumulative. */
  readonly temporality?: MetricTemporality;
};

/**
 * An OpenTelemetry exporter that takes metrics to the `_otel_metrics` table of a location, one row for each data point, or
 * to an OTLP endpoint. Give it to a `PeriodicExportingMetricReader` of OpenTelemetry's SDK
 * (`@opentelemetry/sdk-metrics` ≥ 2.0).
 *
 * It goes through the pipeline of the spans, with its durability, retries and counters, and so reports success as soon as
 * the pipeline has the metrics.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#push-metric-exporter
 */
export class UnityCatalogMetricExporter {
  readonly #pipeline: SignalPipeline;
  readonly #temporality: MetricTemporality;

  /** @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used. */
  constructor(options: UnityCatalogMetricExporterOptions = {}) {
    this.#pipeline = new SignalPipeline(options);
    this.#temporality = options.temporality ?? MetricTemporality.CUMULATIVE;
  }

  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const code = this.#pipeline.accept(toRecords(metrics));
    safely(() => resultCallback({ code }), undefined);
  }

  /** OpenTelemetry's delta preference: an up-down counter would make no sense as a difference. */
  selectAggregationTemporality(instrumentType: string): MetricTemporality {
    const isUpDown = instrumentType.includes("UP_DOWN");
    return isUpDown ? MetricTemporality.CUMULATIVE : this.#temporality;
  }

  /** Sends what is queued. */
  async forceFlush(): Promise<void> {
    await this.#pipeline.flush();
  }

  async shutdown(): Promise<void> {
    await this.#pipeline.shutdown();
  }

  /** Where all records are; `undefined` where nothing could be started. */
  stats(): PipelineStats | undefined {
    return this.#pipeline.stats();
  }
}

const toRecords = ({ resource, scopeMetrics }: ResourceMetrics): MessageRecord[] =>
  scopeMetrics.flatMap(({ scope, metrics }) => {
    const source = sourceOf({ resource, instrumentationScope: scope });
    return metrics.flatMap((data) =>
      safely(() => toOtlpMetrics(data), []).map((message) => ({
        kind: RecordKind.METRICS,
        message,
        source,
        estimatedBytes: roughBytesOf(message),
      })),
    );
  });
