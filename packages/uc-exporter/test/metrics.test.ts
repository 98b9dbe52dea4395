import { ValueType } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  MetricTemporality,
  UnityCatalogMetricExporter,
  type UnityCatalogMetricExporterOptions,
} from "@tracelake/uc-exporter";
import { decodeMetricsRequest, fromKeyValues, type Metric } from "@tracelake/wire";
import { afterEach, describe, expect, it } from "vitest";
import { startRecordingServer } from "./recording-server.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

const metricsPath = "/api/2.0/otel/v1/metrics";
let server: Awaited<ReturnType<typeof startRecordingServer>>;
let provider: MeterProvider;
afterEach(async () => {
  await provider.shutdown();
  await server.close();
});

const record = async (options: Pick<UnityCatalogMetricExporterOptions, "temporality"> = {}) => {
  server = await startRecordingServer();
  const exporter = new UnityCatalogMetricExporter({
    destination: { type: "unity-catalog", location: "main.agents.shop", host: server.url, token: "t" },
    spoolDirectory: temporaryDirectory(),
    handleSignals: false,
    ...options,
  });
  provider = new MeterProvider({
    resource: resourceFromAttributes({ "service.name": "support" }),
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    views: [{ instrumentName: "sizes", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  return { exporter, meter: provider.getMeter("shop", "2.0.0") };
};

const metrics = (): Metric[] =>
  server
    .to(metricsPath)
    .flatMap(({ body }) =>
      decodeMetricsRequest(body).resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap((scope) => scope.metrics),
      ),
    );

const named = (name: string): Metric[] => metrics().filter((metric) => metric.name === name);

describe("the exporter of metrics", () => {
  it("takes every kind to the table of metrics", async () => {
    const { meter, exporter } = await record();
    meter
      .createCounter("calls", { description: "Calls made.", unit: "{call}", valueType: ValueType.INT })
      .add(3, { model: "m" });
    meter.createUpDownCounter("open").add(-2.5);
    meter.createObservableGauge("temperature").addCallback((result) => result.observe(21.5, { room: "a" }));
    const latency = meter.createHistogram("latency", { advice: { explicitBucketBoundaries: [10, 100] } });
    for (const millis of [5, 10, 50, 500]) latency.record(millis);
    const sizes = meter.createHistogram("sizes");
    for (const size of [0, 1, 2, 4]) sizes.record(size);
    await provider.forceFlush();
    const [request] = server.to(metricsPath);
    expect(request?.headers["x-databricks-uc-table-name"]).toBe("main.agents.shop_otel_metrics");
    const [group] = decodeMetricsRequest(request?.body ?? Buffer.alloc(0)).resourceMetrics;
    expect(fromKeyValues(group?.resource?.attributes ?? [])).toEqual({ "service.name": "support" });
    expect(group?.scopeMetrics[0]?.scope).toMatchObject({ name: "shop", version: "2.0.0" });
    expect(named("calls")).toMatchObject([
      {
        description: "Calls made.",
        unit: "{call}",
        sum: { dataPoints: [{ asInt: 3n }], isMonotonic: true, aggregationTemporality: 2 },
      },
    ]);
    const [point] = named("calls")[0]?.sum?.dataPoints ?? [];
    expect(fromKeyValues(point?.attributes ?? [])).toEqual({ model: "m" });
    expect(point?.timeUnixNano).toBeGreaterThan(point?.startTimeUnixNano ?? 0n);
    expect(named("open")[0]?.sum).toMatchObject({ dataPoints: [{ asDouble: -2.5 }], isMonotonic: false });
    expect(named("temperature")[0]?.gauge).toMatchObject({ dataPoints: [{ asDouble: 21.5 }] });
    expect(named("latency")[0]?.histogram).toMatchObject({
      aggregationTemporality: 2,
      dataPoints: [{ count: 4n, sum: 565, min: 5, max: 500, explicitBounds: [10, 100], bucketCounts: [2n, 1n, 1n] }],
    });
    const [exponential] = named("sizes")[0]?.exponentialHistogram?.dataPoints ?? [];
    expect(exponential).toMatchObject({ count: 4n, sum: 7, min: 0, max: 4, zeroCount: 1n });
    expect(exponential?.positive?.bucketCounts.reduce((sum, count) => sum + count, 0n)).toBe(3n);
    expect(exporter.stats()?.metrics).toMatchObject({ accepted: 5, exported: 5, queued: 0 });
  });

  it("counts since the start unless told otherwise", async () => {
    const { meter } = await record();
    const counter = meter.createCounter("calls");
    counter.add(1);
    await provider.forceFlush();
    counter.add(2);
    await provider.forceFlush();
    expect(named("calls").map(({ sum }) => sum?.dataPoints[0]?.asDouble)).toEqual([1, 3]);
  });

  it("counts since the last export where that is wanted, except what goes up and down", async () => {
    const { meter, exporter } = await record({ temporality: MetricTemporality.DELTA });
    const counter = meter.createCounter("calls");
    const open = meter.createUpDownCounter("open");
    for (const step of [1, 2]) {
      counter.add(step);
      open.add(step);
      await provider.forceFlush();
    }
    expect(named("calls").map(({ sum }) => [sum?.dataPoints[0]?.asDouble, sum?.aggregationTemporality])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(named("open").map(({ sum }) => [sum?.dataPoints[0]?.asDouble, sum?.aggregationTemporality])).toEqual([
      [1, 2],
      [3, 2],
    ]);
    expect([
      exporter.selectAggregationTemporality(InstrumentType.HISTOGRAM),
      exporter.selectAggregationTemporality(InstrumentType.OBSERVABLE_UP_DOWN_COUNTER),
    ]).toEqual([AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE]);
  });

  it("cuts a metric of very many points, so that no request grows without bound", async () => {
    const { meter, exporter } = await record();
    const gauge = meter.createGauge("shards");
    for (let n = 0; n < 1_999; n++) gauge.record(n, { shard: n });
    await provider.forceFlush();
    expect(named("shards").map(({ gauge: points }) => points?.dataPoints.length)).toEqual([1_000, 999]);
    expect(exporter.stats()?.metrics).toMatchObject({ exported: 2, dropped: {} });
  });
});
