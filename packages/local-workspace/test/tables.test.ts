import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeLogsRequest, encodeMetricsRequest, toAnyValue, toKeyValues } from "@tracelake/wire";
import { DuckDbStore } from "../src/store/store.ts";
import { temporaryDirectory } from "./directory.ts";
import { makeSpan, startUnixNano, traceIdOf, traceRequest } from "./telemetry.ts";

const v1 = "main.agents.mlflow_experiment_trace";
const v2 = "main.agents.support";
const views = { v1, v2: `${v2}_trace` };

const resource = (type: string) => [
  ["resource", `struct<attributes:${type},dropped_attributes_count:int>`],
  ["resource_schema_url", "string"],
  ["instrumentation_scope", `struct<name:string,version:string,attributes:${type},dropped_attributes_count:int>`],
];
const record = [
  ["record_id", "string"],
  ["time", "timestamp"],
  ["date", "date"],
  ["service_name", "string"],
];
const map = "map<string,string>";

const spanColumns = (type: string) => [
  ["trace_id", "string"],
  ["span_id", "string"],
  ["trace_state", "string"],
  ["parent_span_id", "string"],
  ["flags", "int"],
  ["name", "string"],
  ["kind", "string"],
  ["start_time_unix_nano", "bigint"],
  ["end_time_unix_nano", "bigint"],
  ["attributes", type],
  ["dropped_attributes_count", "int"],
  ["events", `array<struct<time_unix_nano:bigint,name:string,attributes:${type},dropped_attributes_count:int>>`],
  ["dropped_events_count", "int"],
  [
    "links",
    `array<struct<trace_id:string,span_id:string,trace_state:string,attributes:${type},dropped_attributes_count:int,flags:int>>`,
  ],
  ["dropped_links_count", "int"],
  ["status", "struct<message:string,code:string>"],
  ...resource(type),
  ["span_schema_url", "string"],
];

const logColumns = (type: string, body: string) => [
  ["event_name", "string"],
  ["trace_id", "string"],
  ["span_id", "string"],
  ["time_unix_nano", "bigint"],
  ["observed_time_unix_nano", "bigint"],
  ["severity_number", "string"],
  ["severity_text", "string"],
  ["body", body],
  ["attributes", type],
  ["dropped_attributes_count", "int"],
  ["flags", "int"],
  ...resource(type),
  ["log_schema_url", "string"],
];

describe("tables and views", () => {
  let store: DuckDbStore;
  beforeEach(async () => {
    store = await DuckDbStore.open({ directory: await temporaryDirectory(), readOnly: false });
    await store.ingestTraces(`${v1}_otel_spans`, traceRequest());
    await store.ingestTraces(`${v2}_otel_spans`, traceRequest());
  });
  afterEach(() => store.close());

  const rows = async (sql: string) => (await store.query(sql, {})).rows;
  const columns = async (table: string) =>
    (await rows(`DESCRIBE TABLE ${table}`)).map(([name, type]) => [
      name,
      typeof type === "string" ? type.replaceAll(" ", "") : type,
    ]);
  const names = async (table: string) => (await columns(table)).map(([name]) => name);

  it("have the documented columns in both generations", async () => {
    expect(await columns(`${v1}_otel_spans`)).toEqual(spanColumns(map));
    expect(await columns(`${v2}_otel_spans`)).toEqual([...record, ...spanColumns("variant")]);
    expect(await columns(`${v1}_otel_logs`)).toEqual(logColumns(map, "string"));
    expect(await columns(`${v2}_otel_logs`)).toEqual([...record, ...logColumns("variant", "variant")]);
    const kinds = ["gauge", "sum", "histogram", "exponential_histogram", "summary"];
    const origin = ["metadata", "resource", "resource_schema_url", "instrumentation_scope", "metric_schema_url"];
    const described = ["name", "description", "unit", "metric_type", ...kinds, ...origin];
    const times = ["start_time_unix_nano", "time_unix_nano"];
    expect(await names(`${v1}_otel_metrics`)).toEqual(described);
    expect(await names(`${v2}_otel_metrics`)).toEqual([...record.map(([name]) => name), ...times, ...described]);
    expect(await columns(`${v2}_otel_annotations`)).toEqual([
      ["annotation_id", "string"],
      ["target_type", "string"],
      ["target_id", "string"],
      ["annotation_type", "string"],
      ["name", "string"],
      ["value", "variant"],
      ["comment", "string"],
      ["metadata", "variant"],
      ["created_at", "timestamp"],
      ["created_by", "string"],
      ["updated_at", "timestamp"],
      ["updated_by", "string"],
      ["deleted_at", "timestamp"],
      ["deleted_by", "string"],
    ]);
    for (const view of Object.values(views)) {
      expect(await names(`${view}_unified`)).toEqual([
        "trace_id",
        "client_request_id",
        "request_time",
        "state",
        "execution_duration_ms",
        "request",
        "response",
        "trace_metadata",
        "tags",
        "spans",
        "assessments",
      ]);
      expect(await names(`${view}_metadata`)).toEqual([
        "trace_id",
        "client_request_id",
        "tags",
        "trace_metadata",
        "assessments",
      ]);
    }
  });

  it("hold spans with their ids, names and status as Databricks writes them", async () => {
    const span = makeSpan(1, 2, {
      traceId: traceIdOf(1).toUpperCase(),
      parentSpanId: "00000000000000AB",
      status: { code: 2, message: "no \ud800 answer" },
      attributes: { text: "plain", n: 1, flag: true, none: null, half: "\udfff", list: [1, "a"] },
      events: [{ name: "exception", timeUnixNano: 5n, attributes: toKeyValues({ "exception.type": "E" }) }],
      links: [{ traceId: traceIdOf(9), spanId: "00000000000000cd", attributes: [] }],
    });
    for (const table of [`${v1}_otel_spans`, `${v2}_otel_spans`]) await store.ingestTraces(table, traceRequest(span));
    const select = "SELECT trace_id, parent_span_id, kind, status, attributes, events, links, resource FROM";
    const shared = [traceIdOf(1), "00000000000000ab", "SPAN_KIND_INTERNAL"];
    const status = { code: "STATUS_CODE_ERROR", message: "no \ufffd answer" };
    const rest = (eventAttributes: object, name: object) => [
      [{ time_unix_nano: 5, name: "exception", attributes: eventAttributes, dropped_attributes_count: 0 }],
      [
        {
          trace_id: traceIdOf(9),
          span_id: "00000000000000cd",
          trace_state: null,
          attributes: {},
          dropped_attributes_count: 0,
          flags: 0,
        },
      ],
      { attributes: name, dropped_attributes_count: 0 },
    ];
    const service = { "service.name": "support-agent" };
    expect(await rows(`${select} ${v2}_otel_spans`)).toEqual([
      [
        ...shared,
        status,
        { text: "plain", n: 1, flag: true, none: null, half: "\ufffd", list: [1, "a"] },
        ...rest({ "exception.type": "E" }, service),
      ],
    ]);
    expect(await rows(`${select} ${v1}_otel_spans`)).toEqual([
      [
        ...shared,
        status,
        { text: "plain", n: "1", flag: "true", none: null, half: "\ufffd", list: '[1,"a"]' },
        ...rest({ "exception.type": "E" }, service),
      ],
    ]);
    expect(await rows(`SELECT service_name, date, time FROM ${v2}_otel_spans`)).toEqual([
      ["support-agent", "2026-11-22", "2026-11-22T12:00:00.000001Z"],
    ]);
  });

  it("show whole traces in the views, from root spans alone", async () => {
    const root = makeSpan(1, 1, {
      attributes: { "mlflow.spanInputs": { q: 1 }, "output.value": "fine" },
      status: { code: 0 },
    });
    const failing = makeSpan(2, 1, { status: { code: 2 } });
    const orphan = makeSpan(3, 1, { parentSpanId: "00000000000000ff" });
    const child = makeSpan(1, 2, { parentSpanId: "0000000000000001", startTimeUnixNano: startUnixNano + 5n });
    for (const [generation, view] of Object.entries(views)) {
      const table = generation === "v1" ? `${v1}_otel_spans` : `${v2}_otel_spans`;
      await store.ingestTraces(table, traceRequest(child, root, failing, orphan));
      const select =
        "SELECT trace_id, state, execution_duration_ms, request, response, request_time, tags, assessments";
      expect(await rows(`${select} FROM ${view}_unified ORDER BY trace_id`)).toEqual([
        [traceIdOf(1), "STATUS_CODE_UNSET", "1500.000000000", '{"q":1}', "fine", "2026-11-22T12:00:00.000001Z", {}, []],
        [traceIdOf(2), "ERROR", "1500.000000000", null, null, "2026-11-22T12:00:00.000001Z", {}, []],
      ]);
      const [[spans] = []] = await rows(`SELECT spans FROM ${view}_unified WHERE trace_id = '${traceIdOf(1)}'`);
      expect(spans).toMatchObject([
        { span_id: "0000000000000001", attributes: { "mlflow.spanInputs": '{"q":1}', "output.value": "fine" } },
        { span_id: "0000000000000002", parent_span_id: "0000000000000001" },
      ]);
      expect(await rows(`SELECT count(*) FROM ${view}_metadata`)).toEqual([[2n]]);
    }
  });

  it("hold log records and metric points of every kind", async () => {
    const scope = { name: "s", attributes: [] };
    const record = {
      timeUnixNano: 7n,
      observedTimeUnixNano: 8n,
      severityNumber: 10,
      severityText: "info",
      body: toAnyValue({ a: 1 }),
      attributes: toKeyValues({ "event.name": "started" }),
      traceId: traceIdOf(1),
    };
    const logs = encodeLogsRequest({ resourceLogs: [{ scopeLogs: [{ scope, logRecords: [record] }] }] });
    const point = { attributes: toKeyValues({ model: "m" }), timeUnixNano: 9n, startTimeUnixNano: 3n, exemplars: [] };
    const number = { ...point, asInt: 5n };
    const distribution = { ...point, count: 2n, sum: 3.5 };
    const metrics = encodeMetricsRequest({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              scope,
              metrics: [
                {
                  name: "g",
                  metadata: [],
                  gauge: { dataPoints: [{ ...point, asDouble: 0.5 }] },
                },
                {
                  name: "s",
                  metadata: [],
                  sum: { dataPoints: [number], aggregationTemporality: 2, isMonotonic: true },
                },
                {
                  name: "h",
                  metadata: [],
                  histogram: {
                    dataPoints: [{ ...distribution, bucketCounts: [1n, 1n], explicitBounds: [10] }],
                    aggregationTemporality: 1,
                  },
                },
                {
                  name: "e",
                  metadata: [],
                  exponentialHistogram: {
                    dataPoints: [{ ...distribution, scale: 1, positive: { offset: 2, bucketCounts: [4n] } }],
                  },
                },
                {
                  name: "q",
                  metadata: [],
                  summary: { dataPoints: [{ ...distribution, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
                },
              ],
            },
          ],
        },
      ],
    });
    for (const stem of [v1, v2]) {
      const payload = { encoding: "protobuf" } as const;
      await store.ingestOtlp({ ...payload, table: `${stem}_otel_logs`, signal: "logs", body: logs });
      await store.ingestOtlp({ ...payload, table: `${stem}_otel_metrics`, signal: "metrics", body: metrics });
      expect(
        await rows(`SELECT event_name, severity_number, body, time_unix_nano, trace_id FROM ${stem}_otel_logs`),
      ).toEqual([["started", "SEVERITY_NUMBER_INFO2", stem === v1 ? '{"a":1}' : { a: 1 }, 7n, traceIdOf(1)]]);
      const kinds = await rows(
        `SELECT metric_type, gauge.value, sum.value, sum.aggregation_temporality, histogram.bucket_counts, exponential_histogram.positive_bucket, summary.quantile_values FROM ${stem}_otel_metrics ORDER BY name`,
      );
      expect(kinds).toEqual([
        ["exponential_histogram", null, null, null, null, { offset: 2, bucket_counts: [4] }, null],
        ["gauge", 0.5, null, null, null, null, null],
        ["histogram", null, null, null, [1, 1], null, null],
        ["summary", null, null, null, null, null, [{ quantile: 0.5, value: 1 }]],
        ["sum", null, 5, "AGGREGATION_TEMPORALITY_CUMULATIVE", null, null, null],
      ]);
    }
    expect(await rows(`SELECT sum.time_unix_nano FROM ${v1}_otel_metrics WHERE name = 's'`)).toEqual([[9n]]);
    expect(await rows(`SELECT time_unix_nano, start_time_unix_nano FROM ${v2}_otel_metrics WHERE name = 's'`)).toEqual([
      [9n, 3n],
    ]);
  });
});
