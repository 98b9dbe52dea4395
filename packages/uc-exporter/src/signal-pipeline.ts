import { createPipeline } from "./create-pipeline.ts";
import type { Destination } from "./destination/destination.ts";
import type { FlushResult, Pipeline, PipelineStats } from "./pipeline/pipeline.ts";
import type { MessageRecord } from "./pipeline/records.ts";
import type { PipelineOptions } from "./pipeline/read-settings.ts";
import { ExportResultCode } from "./readable-span.ts";
import { report } from "./report.ts";
import { startedPipeline } from "./start.ts";

/** Where an exporter of logs or metrics sends them. */
export type SignalExporterOptions =
  /** To where `start` sends, through the same pipeline; it is started with the defaults where nobody has. */
  | { readonly destination?: undefined }
  /** To a destination, or several, of its own, through a pipeline of its own. */
  | (PipelineOptions & { readonly destination: Destination | readonly Destination[] });

/** The pipeline of an exporter of logs or metrics: one of its own, or the one that everything else goes through. */
export class SignalPipeline {
  readonly #own: Pipeline | undefined;
  #isClosed = false;

  /** @throws {TracelakeError} `CONFIG_*`, where the destination cannot be used. */
  constructor(options: SignalExporterOptions) {
    this.#own = options.destination === undefined ? undefined : createPipeline(options.destination, options);
  }

  get #pipeline(): Pipeline | undefined {
    return this.#own ?? startedPipeline();
  }

  /** Success means that the pipeline has the records: what becomes of them is its business, and in its `stats()`. */
  accept(records: Iterable<MessageRecord>): ExportResultCode {
    const pipeline = this.#pipeline;
    if (this.#isClosed || pipeline === undefined) return ExportResultCode.FAILED;
    for (const record of records) {
      pipeline.accept(record);
      tellWhereNothingGoes(pipeline, record);
    }
    return pipeline.isClosed ? ExportResultCode.FAILED : ExportResultCode.SUCCESS;
  }

  async flush(timeoutMillis?: number): Promise<FlushResult | undefined> {
    return this.#isClosed ? undefined : this.#pipeline?.flush(timeoutMillis);
  }

  /** A pipeline that others use too is only flushed. */
  async shutdown(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await (this.#own === undefined ? this.#pipeline?.flush() : this.#own.shutdown());
  }

  stats(): PipelineStats | undefined {
    return this.#pipeline?.stats();
  }
}

const tellWhereNothingGoes = ({ sinks }: Pipeline, { kind }: MessageRecord): void => {
  if (sinks.some((sink) => sink?.accepts(kind) !== false)) return;
  const names = sinks.map((sink) => sink?.name).join(", ");
  report(
    `no place for ${kind}`,
    `There is no place for ${kind} in ${names}. Send them to Unity Catalog or an OTLP endpoint.`,
  );
};
