import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logs, metrics, tracing } from "@opentelemetry/sdk-node";
import {
  UnityCatalogLogRecordExporter,
  UnityCatalogMetricExporter,
  UnityCatalogSpanProcessor,
} from "@tracelake/uc-exporter";
import {
  fromKeyValues,
  readLogsRequestJson,
  readMetricsRequestJson,
  readTraceRequestJson,
  type Span,
} from "@tracelake/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startCollector } from "./collector.ts";

let collector: Awaited<ReturnType<typeof startCollector>>;
let spoolDirectory: string;
beforeEach(async () => {
  collector = await startCollector();
  spoolDirectory = mkdtempSync(join(tmpdir(), "tracelake-spool-"));
});
afterEach(async () => {
  await collector.stop();
  rmSync(spoolDirectory, { recursive: true, force: true });
});

const options = (signal: "traces" | "logs" | "metrics", compression: "gzip" | "none" = "none") => ({
  destination: { type: "otlp", endpoint: `${collector.endpoint}/v1/${signal}` } as const,
  spoolDirectory,
  compression,
  handleSignals: false,
});

const spansOf = (received: readonly unknown[]): Span[] =>
  received.flatMap((request) =>
    readTraceRequestJson(request).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );

const inputs = { messages: [{ role: "user", content: "grüße 👋 \u0000" }], temperature: 0.5, n: -3, none: null };

describe("an OpenTelemetry Collector", () => {
  it.each(["none", "gzip"] as const)("understands every span as it was recorded (%s)", async (compression) => {
    const processor = new UnityCatalogSpanProcessor(options("traces", compression));
    const tracer = new tracing.BasicTracerProvider({ spanProcessors: [processor] }).getTracer("shop", "1.2.3");
    for (let n = 0; n < 3_000; n++) {
      const attributes = { "bench.id": n, "mlflow.spanInputs": JSON.stringify(inputs), ratio: 0.25, tags: ["a", "b"] };
      const span = tracer.startSpan(`span ${n}`, { kind: 2, startTime: [1_700_000_000, n], attributes });
      span.addEvent("token", { index: n }, [1_700_000_001, n]);
      if (n % 2 === 1) span.setStatus({ code: 2, message: "boom" });
      span.end([1_700_000_002, n]);
    }
    expect(await processor.flush()).toMatchObject({ exported: 3_000, dropped: 0 });
    await processor.shutdown();
    const spans = spansOf(await collector.stop()).toSorted((a, b) =>
      Number((a.startTimeUnixNano ?? 0n) - (b.startTimeUnixNano ?? 0n)),
    );
    expect(spans.map(({ name }) => name)).toEqual(Array.from({ length: 3_000 }, (_, n) => `span ${n}`));
    const last = spans.at(-1);
    expect(last).toMatchObject({
      kind: 3,
      startTimeUnixNano: 1_700_000_000_000_002_999n,
      endTimeUnixNano: 1_700_000_002_000_002_999n,
      events: [{ name: "token", timeUnixNano: 1_700_000_001_000_002_999n }],
      status: { code: 2, message: "boom" },
    });
    expect(fromKeyValues(last?.attributes ?? [])).toMatchObject({
      "bench.id": 2_999,
      "mlflow.spanInputs": inputs,
      ratio: 0.25,
      tags: ["a", "b"],
    });
  });

  it("understands log records", async () => {
    const exporter = new UnityCatalogLogRecordExporter(options("logs"));
    const provider = new logs.LoggerProvider({ processors: [new logs.BatchLogRecordProcessor({ exporter })] });
    const body = { items: ["a", 1, 2.5, true], nested: { deep: [{ n: 1 }] } };
    provider.getLogger("shop").emit({ severityNumber: 13, body, attributes: { tries: 3 } });
    await provider.forceFlush();
    await provider.shutdown();
    const records = (await collector.stop()).flatMap((request) =>
      readLogsRequestJson(request).resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) => logRecords),
      ),
    );
    expect(records).toHaveLength(1);
    expect(records[0]?.severityNumber).toBe(13);
    expect(fromKeyValues([{ key: "body", ...(records[0]?.body && { value: records[0].body }) }])).toEqual({ body });
  });

  it("understands metrics of every kind", async () => {
    const exporter = new UnityCatalogMetricExporter(options("metrics"));
    const provider = new metrics.MeterProvider({
      readers: [new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    });
    const meter = provider.getMeter("shop");
    meter.createCounter("orders").add(3, { shop: "a" });
    meter.createHistogram("sizes").record(2.5);
    meter.createGauge("stock").record(7);
    await provider.forceFlush();
    await provider.shutdown();
    const names = (await collector.stop()).flatMap((request) =>
      readMetricsRequestJson(request).resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap((scope) => scope.metrics.map(({ name }) => name)),
      ),
    );
    expect(new Set(names)).toEqual(new Set(["orders", "sizes", "stock"]));
  });
});
