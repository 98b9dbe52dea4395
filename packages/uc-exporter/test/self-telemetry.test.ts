import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { flush, start, withSpan } from "@tracelake/uc-exporter";
import { afterEach, expect, it } from "vitest";
import { offerMetrics } from "../src/self-telemetry.ts";
import { recordTo } from "./fresh-start.ts";
import { startRecordingServer, type CannedAnswer, type RecordedRequest } from "./recording-server.ts";

let server: Awaited<ReturnType<typeof startRecordingServer>> | undefined;
afterEach(async () => server?.close());

const meter = () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
  });
  /** `name error.type` → value, as collected now. */
  const collect = async (): Promise<Record<string, unknown>> => {
    await provider.forceFlush();
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    return Object.fromEntries(
      scopes.flatMap(({ metrics }) =>
        metrics.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ attributes, value }) => [
            `${descriptor.name} ${String(attributes["error.type"] ?? "")}`.trim(),
            value,
          ]),
        ),
      ),
    );
  };
  return { provider, collect };
};

const workspace = async (answer?: (request: RecordedRequest) => CannedAnswer) => {
  server = await startRecordingServer(answer);
  return recordTo({ type: "unity-catalog", location: "main.agents.shop", host: server.url, token: "t" });
};

it("says where every span is, by OpenTelemetry's names", async () => {
  const { pipeline } = await workspace();
  const { provider, collect } = meter();
  offerMetrics(provider, () => pipeline.stats());
  for (let n = 0; n < 3; n++) withSpan({ name: "s" }, () => n);
  expect(await collect()).toMatchObject({
    "otel.sdk.processor.span.queue.size": 3,
    "otel.sdk.processor.span.processed": 0,
    "otel.sdk.exporter.span.exported": 0,
  });
  await pipeline.flush();
  expect(await collect()).toMatchObject({
    "otel.sdk.processor.span.queue.size": 0,
    "otel.sdk.processor.span.processed": 3,
    "otel.sdk.exporter.span.inflight": 0,
    "otel.sdk.exporter.span.exported": 3,
    "tracelake.exporter.trace_info.exported": 3,
    "otel.sdk.exporter.log.exported": 0,
  });
});

it("counts losses by their reason, where they happened", async () => {
  const partial = Buffer.from("0a0808021204666c6167", "hex").toString("latin1");
  const { pipeline } = await workspace(() => ({
    status: 200,
    headers: { "content-type": "application/x-protobuf" },
    body: partial,
  }));
  const { provider, collect } = meter();
  offerMetrics(provider, () => pipeline.stats());
  for (let n = 0; n < 3; n++) withSpan({ name: "s" }, () => n);
  await pipeline.flush();
  await pipeline.shutdown();
  withSpan({ name: "late" }, () => 1);
  expect(await collect()).toMatchObject({
    "otel.sdk.processor.span.processed": 3,
    "otel.sdk.processor.span.processed after_shutdown": 1,
    "otel.sdk.exporter.span.exported": 1,
    "otel.sdk.exporter.span.exported rejected_partial": 2,
  });
});

it("is offered where start is told of a provider, once", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tracelake-metrics-"));
  const { provider, collect } = meter();
  const options = { destination: { type: "local", directory }, handleSignals: false } as const;
  start({ ...options, meterProvider: provider });
  start({ meterProvider: provider });
  withSpan({ name: "local" }, () => 1);
  await flush();
  expect(await collect()).toMatchObject({
    "otel.sdk.processor.span.processed": 1,
    "otel.sdk.exporter.span.inflight": 1,
  });
});
