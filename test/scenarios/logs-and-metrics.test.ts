import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { logs, metrics, NodeSDK } from "@opentelemetry/sdk-node";
import { openLocalWorkspace, type LocalWorkspace } from "@tracelake/local-workspace";
import {
  shutdown,
  start,
  UnityCatalogLogRecordExporter,
  UnityCatalogMetricExporter,
  withSpan,
} from "@tracelake/uc-exporter";
import { logs as logsApi } from "@opentelemetry/api-logs";
import { metrics as metricsApi } from "@opentelemetry/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const location = "main.agents.shop";
const directory = mkdtempSync(join(tmpdir(), "tracelake-signals-"));
let workspace: LocalWorkspace;

const exponential = { type: metrics.AggregationType.EXPONENTIAL_HISTOGRAM } as const;

/** An application with OpenTelemetry's SDK for its logs and metrics, and Tracelake's pipeline for all three. */
const runApplication = async (): Promise<void> => {
  start({ destination: { type: "local", directory, location }, serviceName: "agent", handleSignals: false });
  const sdk = new NodeSDK({
    serviceName: "support",
    traceExporter: undefined,
    spanProcessors: [],
    logRecordProcessors: [new logs.BatchLogRecordProcessor({ exporter: new UnityCatalogLogRecordExporter() })],
    metricReaders: [
      new metrics.PeriodicExportingMetricReader({
        exporter: new UnityCatalogMetricExporter(),
        exportIntervalMillis: 3_600_000,
      }),
    ],
    views: [{ instrumentName: "sizes", aggregation: exponential }],
  });
  sdk.start();
  withSpan({ name: "answer" }, () => {
    logsApi.getLogger("shop").emit({
      eventName: "basket.emptied",
      severityNumber: SeverityNumber.WARN,
      body: { items: 3, reason: "grüße" },
      attributes: { "user.tier": "gold" },
    });
  });
  const meter = metricsApi.getMeter("shop");
  meter.createCounter("calls").add(3, { model: "m" });
  meter.createObservableGauge("temperature").addCallback((result) => result.observe(21.5));
  meter.createHistogram("latency", { advice: { explicitBucketBoundaries: [10, 100] } }).record(50);
  meter.createHistogram("sizes").record(4);
  await sdk.shutdown();
  await shutdown();
};

beforeAll(async () => {
  await runApplication();
  workspace = await openLocalWorkspace({ directory });
});
afterAll(async () => {
  await workspace.close();
  await rm(directory, { recursive: true, force: true });
});

const rows = async (sql: string): Promise<readonly (readonly unknown[])[]> => (await workspace.query(sql)).rows;

describe("logs and metrics through the pipeline of the spans", () => {
  it("land in the location's tables, from one journal", async () => {
    expect(await workspace.drain()).toMatchObject({
      spans: 1,
      traceInfos: 1,
      logRecords: 1,
      metricPoints: 4,
      rejected: 0,
      damagedBytes: 0,
      removedSegments: 1,
      problems: [],
    });
  });

  it("let a log record be read with the span it was written in", async () => {
    const found = await rows(`
      SELECT l.event_name, l.severity_number, l.service_name, l.body:reason::string, l.body:items::int,
        l.attributes:['user.tier']::string, l.instrumentation_scope.name, s.name
      FROM ${location}_otel_logs l JOIN ${location}_otel_spans s ON l.trace_id = s.trace_id AND l.span_id = s.span_id`);
    expect(found).toEqual([
      ["basket.emptied", "SEVERITY_NUMBER_WARN", "support", "grüße", 3, "gold", "shop", "answer"],
    ]);
  });

  it("let every kind of metric be read", async () => {
    const found = await rows(`
      SELECT name, metric_type, sum.value, sum.is_monotonic, sum.aggregation_temporality, gauge.value,
        histogram.sum, exponential_histogram.count
      FROM ${location}_otel_metrics ORDER BY name`);
    expect(found).toEqual([
      ["calls", "sum", 3, true, "AGGREGATION_TEMPORALITY_CUMULATIVE", null, null, null],
      ["latency", "histogram", null, null, null, null, 50, null],
      ["sizes", "exponential_histogram", null, null, null, null, null, 1n],
      ["temperature", "gauge", null, null, null, 21.5, null, null],
    ]);
  });
});
