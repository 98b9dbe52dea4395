import { safely, tracingRuntime } from "@tracelake/tracing";
import type { LogRecord } from "@tracelake/wire";
import { toOtlpLogRecord, toSkeletonLogRecord } from "./convert/log-to-otlp.ts";
import { roughBytesOf } from "./convert/value-to-otlp.ts";
import { RecordKind } from "./pipeline/ledger.ts";
import type { PipelineStats } from "./pipeline/pipeline.ts";
import { sourceOf, type MessageRecord } from "./pipeline/records.ts";
import type { ReadableLogRecord } from "./readable-log-record.ts";
import type { ExportResult } from "./readable-span.ts";
import { SignalPipeline, type SignalExporterOptions } from "./signal-pipeline.ts";

/**
 * An OpenTelemetry exporter that takes log records to the `_otel_logs` table of a location, or to an OTLP endpoint. Give
 * it to a log record processor of OpenTelemetry's SDK (`@opentelemetry/sdk-logs` ≥ 0.200).
 *
 * It goes through the pipeline of the spans, with its durability, retries and counters, and so reports success as soon as
 * the pipeline has the records. What the capture policy of `start` redacts is redacted here too.
 *
 * @see https://opentelemetry.io/docs/specs/otel/logs/sdk/#logrecordexporter
 */
export class UnityCatalogLogRecordExporter {
  readonly #pipeline: SignalPipeline;

  /** @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used. */
  constructor(options: SignalExporterOptions = {}) {
    this.#pipeline = new SignalPipeline(options);
  }

  export(logs: readonly ReadableLogRecord[], resultCallback: (result: ExportResult) => void): void {
    const code = this.#pipeline.accept(logs.map(toRecord));
    safely(() => resultCallback({ code }), undefined);
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

const messageOf = (log: ReadableLogRecord): LogRecord => {
  try {
    return toOtlpLogRecord(log, tracingRuntime().policy);
  } catch (error) {
    return toSkeletonLogRecord(error);
  }
};

const toRecord = (log: ReadableLogRecord): MessageRecord => {
  const message = messageOf(log);
  return { kind: RecordKind.LOGS, message, source: sourceOf(log), estimatedBytes: roughBytesOf(message) };
};
