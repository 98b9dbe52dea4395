import { ROOT_CONTEXT, trace, TraceFlags } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { ExportResultCode } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type ReadableLogRecord,
} from "@opentelemetry/sdk-logs";
import { tracingRuntime } from "@tracelake/tracing";
import { UnityCatalogLogRecordExporter } from "@tracelake/uc-exporter";
import { decodeLogsRequest, fromAnyValue, fromKeyValues, LogEventName, type LogRecord } from "@tracelake/wire";
import { afterEach, describe, expect, it } from "vitest";
import { startRecordingServer, type CannedAnswer, type RecordedRequest } from "./recording-server.ts";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";

const logsPath = "/api/2.0/otel/v1/logs";
let server: Awaited<ReturnType<typeof startRecordingServer>>;
const { policy } = tracingRuntime();
afterEach(async () => {
  tracingRuntime().policy = policy;
  await server.close();
});

const exporterTo = async (answer?: (request: RecordedRequest) => CannedAnswer) => {
  server = await startRecordingServer(answer);
  return new UnityCatalogLogRecordExporter({
    destination: { type: "unity-catalog", location: "main.agents.shop", host: server.url, token: "t" },
    spoolDirectory: temporaryDirectory(),
    handleSignals: false,
  });
};

const resource = resourceFromAttributes({ "service.name": "support" });

const records = (): LogRecord[] =>
  server
    .to(logsPath)
    .flatMap(({ body }) =>
      decodeLogsRequest(body).resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) => logRecords),
      ),
    );

const parent = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
});

const batched = (exporter: UnityCatalogLogRecordExporter): LoggerProvider =>
  new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });

describe("the exporter of log records", () => {
  it("takes them whole to the table of logs, with who wrote them and the span they belong to", async () => {
    const exporter = await exporterTo();
    const provider = batched(exporter);
    provider.getLogger("shop", "1.2.0").emit({
      severityNumber: SeverityNumber.WARN,
      severityText: "warning",
      eventName: "basket.emptied",
      body: { items: ["a", 1, 2.5, true, null], raw: Uint8Array.of(1, 2), nested: { deep: [{ n: 1 }] } },
      attributes: { "user.tier": "gold", tries: 3, parts: ["x", "y"] },
      timestamp: [1_700_000_000, 5],
      context: parent,
    });
    await provider.forceFlush();
    const [request] = server.to(logsPath);
    expect(request?.headers["x-databricks-uc-table-name"]).toBe("main.agents.shop_otel_logs");
    const [group] = decodeLogsRequest(request?.body ?? Buffer.alloc(0)).resourceLogs;
    expect(fromKeyValues(group?.resource?.attributes ?? [])).toEqual({ "service.name": "support" });
    expect(group?.scopeLogs[0]?.scope).toMatchObject({ name: "shop", version: "1.2.0" });
    const [record] = records();
    expect(record).toMatchObject({
      timeUnixNano: 1_700_000_000_000_000_005n,
      severityNumber: 13,
      severityText: "warning",
      eventName: "basket.emptied",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      flags: 1,
    });
    expect(record?.observedTimeUnixNano).toBeGreaterThan(1_700_000_000_000_000_005n);
    expect(fromAnyValue(record?.body)).toEqual({
      items: ["a", 1, 2.5, true, null],
      raw: "AQI=",
      nested: { deep: [{ n: 1 }] },
    });
    expect(fromKeyValues(record?.attributes ?? [])).toEqual({ "user.tier": "gold", tries: 3, parts: ["x", "y"] });
    expect(exporter.stats()?.logs).toMatchObject({ accepted: 1, exported: 1 });
    await provider.shutdown();
  });

  it("delivers thousands of them, one request for many, while the destination fails in between", async () => {
    let failures = 2;
    const exporter = await exporterTo(() => ({ status: failures-- > 0 ? 503 : 200 }));
    const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] });
    const logger = provider.getLogger("burst");
    for (let n = 0; n < 3_000; n++) logger.emit({ body: `line ${n}` });
    await provider.forceFlush();
    await exporter.forceFlush();
    expect(exporter.stats()?.logs).toMatchObject({
      accepted: 3_000,
      exported: 3_000,
      queued: 0,
      spooled: 0,
      dropped: {},
    });
    expect(new Set(records().map(({ body }) => fromAnyValue(body))).size).toBe(3_000);
    expect(server.requests.length).toBeLessThan(15);
    await provider.shutdown();
  });

  it("keeps what an application calls like MLflow's own records apart from them", async () => {
    const exporter = await exporterTo();
    const provider = batched(exporter);
    const logger = provider.getLogger("forger");
    for (const eventName of Object.values(LogEventName)) logger.emit({ eventName, body: "{}" });
    logger.emit({ attributes: { "event.name": LogEventName.TRACE_TAG } });
    await provider.forceFlush();
    expect(records().map(({ eventName }) => eventName)).toEqual([
      ...Object.values(LogEventName).map((name) => `application.${name}`),
      undefined,
    ]);
    expect(fromKeyValues(records().at(-1)?.attributes ?? [])).toEqual({
      "event.name": `application.${LogEventName.TRACE_TAG}`,
    });
    await provider.shutdown();
  });

  it("redacts bodies and attributes as the capture policy says, and records a marker where that fails", async () => {
    tracingRuntime().policy = {
      ...policy,
      redact: (value, { key }) => {
        if (key === "broken") throw new Error("broken redaction");
        return JSON.parse(JSON.stringify(value).replaceAll("hunter2", "***")) as typeof value;
      },
    };
    const exporter = await exporterTo();
    const provider = batched(exporter);
    provider
      .getLogger("login")
      .emit({ body: { password: "hunter2" }, attributes: { query: "p=hunter2", broken: "hunter2" } });
    await provider.forceFlush();
    expect(server.requests[0]?.body.toString("latin1")).not.toContain("hunter2");
    expect(fromAnyValue(records()[0]?.body)).toEqual({ password: "***" });
    expect(fromKeyValues(records()[0]?.attributes ?? [])).toEqual({ query: "p=***", broken: "[Redaction failed]" });
    await provider.shutdown();
  });

  it("writes a record whose values cannot be read with its reason, and the others whole", async () => {
    const exporter = await exporterTo();
    const circular: Record<string, unknown> = { n: 1 };
    circular["self"] = circular;
    const readable = (of: Partial<Record<keyof ReadableLogRecord, unknown>>): ReadableLogRecord =>
      ({
        hrTime: [1, 0],
        hrTimeObserved: [1, 0],
        resource,
        instrumentationScope: { name: "hostile" },
        attributes: {},
        droppedAttributesCount: 0,
        ...of,
      }) as ReadableLogRecord;
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no keys for you");
        },
      },
    );
    const codes: number[] = [];
    exporter.export(
      [
        readable({ body: circular }),
        readable({ body: hostile }),
        readable({ body: () => 1, attributes: { when: new Date(0), big: 2n ** 63n, nan: Number.NaN } }),
        readable({ body: "fine" }),
      ],
      ({ code }) => codes.push(code),
    );
    await exporter.forceFlush();
    expect(codes).toEqual([ExportResultCode.SUCCESS]);
    expect(records().map(({ body }) => fromAnyValue(body))).toEqual([
      { n: 1, self: "[Circular]" },
      null,
      "[function]",
      "fine",
    ]);
    expect(fromKeyValues(records()[1]?.attributes ?? [])).toEqual({ "tracelake.encode_error": "no keys for you" });
    await exporter.shutdown();
  });

  it("says that it failed after its shutdown", async () => {
    const exporter = await exporterTo();
    await exporter.shutdown();
    const codes: number[] = [];
    exporter.export([], ({ code }) => codes.push(code));
    expect(codes).toEqual([ExportResultCode.FAILED]);
  });
});
