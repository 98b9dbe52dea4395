import type { Attributes, BatchObservableResult, MeterProvider } from "@opentelemetry/api";
import { DropReason, RecordKind, type RecordCounts } from "./pipeline/ledger.ts";
import type { PipelineStats } from "./pipeline/pipeline.ts";
import { version } from "./version.ts";

const names = {
  [RecordKind.SPANS]: { processor: "otel.sdk.processor.span", exporter: "otel.sdk.exporter.span", unit: "{span}" },
  [RecordKind.LOGS]: { processor: "otel.sdk.processor.log", exporter: "otel.sdk.exporter.log", unit: "{log_record}" },
  [RecordKind.TRACE_INFOS]: {
    processor: "tracelake.processor.trace_info",
    exporter: "tracelake.exporter.trace_info",
    unit: "{trace_info}",
  },
} as const;
type ObservedKind = keyof typeof names;

/** Losses before anybody tried to send; the others are the exporter's. */
const processorReasons: ReadonlySet<string> = new Set([
  DropReason.QUEUE_FULL,
  DropReason.ENCODE_ERROR,
  DropReason.AFTER_SHUTDOWN,
  DropReason.EXIT,
]);

const component = (type: string): Attributes => ({
  "otel.component.type": `tracelake_${type}`,
  "otel.component.name": `tracelake_${type}/0`,
});
const processorAttributes = component("span_processor");
const exporterAttributes = component("exporter");

const countsOf = (stats: PipelineStats, kind: ObservedKind): RecordCounts =>
  kind === RecordKind.SPANS ? stats : stats[kind];

const sumOf = (entries: readonly (readonly [string, number])[]): number =>
  entries.reduce((sum, [, count]) => sum + count, 0);

const createInstruments = (meter: ReturnType<MeterProvider["getMeter"]>, kind: ObservedKind) => {
  const { processor, exporter, unit } = names[kind];
  return {
    processed: meter.createObservableCounter(`${processor}.processed`, {
      unit,
      description: "Taken from the queue, or lost before they could be.",
    }),
    queueSize: meter.createObservableUpDownCounter(`${processor}.queue.size`, { unit, description: "In memory." }),
    exported: meter.createObservableCounter(`${exporter}.exported`, {
      unit,
      description: "Taken by a destination, or lost on the way to it.",
    }),
    inFlight: meter.createObservableUpDownCounter(`${exporter}.inflight`, {
      unit,
      description: "On this machine's disk: on their way, or in the journal of a local workspace.",
    }),
  };
};

type Instruments = ReturnType<typeof createInstruments>;

const observeCounts = (counts: RecordCounts, instruments: Instruments, result: BatchObservableResult): void => {
  const losses = Object.entries(counts.dropped);
  const before = losses.filter(([reason]) => processorReasons.has(reason));
  const after = losses.filter(([reason]) => !processorReasons.has(reason));
  if (counts.quarantined > 0) after.push(["quarantined", counts.quarantined]);
  result.observe(instruments.queueSize, counts.queued, processorAttributes);
  result.observe(instruments.processed, counts.accepted - counts.queued - sumOf(before), processorAttributes);
  result.observe(instruments.inFlight, counts.spooled, exporterAttributes);
  result.observe(instruments.exported, counts.exported, exporterAttributes);
  for (const [reason, count] of before)
    result.observe(instruments.processed, count, { ...processorAttributes, "error.type": reason });
  for (const [reason, count] of after)
    result.observe(instruments.exported, count, { ...exporterAttributes, "error.type": reason });
};

const observed = new WeakSet<MeterProvider>();

/**
 * Offers what `stats()` says as OpenTelemetry's metrics of SDK components, read whenever they are collected, and only
 * then. There is no `queue.capacity`: memory is bounded by bytes, not by a number of spans.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
export const offerMetrics = (meterProvider: MeterProvider, stats: () => PipelineStats): void => {
  if (observed.has(meterProvider)) return;
  observed.add(meterProvider);
  const meter = meterProvider.getMeter("tracelake", version);
  for (const kind of Object.keys(names) as ObservedKind[]) {
    const instruments = createInstruments(meter, kind);
    meter.addBatchObservableCallback(
      (result) => observeCounts(countsOf(stats(), kind), instruments, result),
      Object.values(instruments),
    );
  }
};
