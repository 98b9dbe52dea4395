import { DuckDBTimestampValue } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { encodeLogsRequest, LogEventName, parseLocation, toAnyValue, toKeyValues } from "@tracelake/wire";
import { appendRows } from "../src/store/append.ts";
import { Engine } from "../src/store/engine.ts";
import { Ingest } from "../src/store/ingest.ts";
import { layoutOf } from "../src/store/layout.ts";
import { DuckDbStore } from "../src/store/store.ts";
import { temporaryDirectory } from "./directory.ts";
import { makeSpan, traceIdOf, traceRequest } from "./telemetry.ts";

describe("assessments in the views", () => {
  it("are the newest log events of v1 that are not deleted", async () => {
    const store = await DuckDbStore.open({ directory: await temporaryDirectory(), readOnly: false });
    const stem = "main.agents.mlflow_experiment_trace";
    const event = (id: string, time: bigint, feedback: string | undefined, deleted: string | undefined) => ({
      timeUnixNano: time,
      traceId: traceIdOf(1),
      eventName: LogEventName.ASSESSMENT,
      attributes: toKeyValues({ assessment_id: id, ...(deleted === undefined ? {} : { deleted }) }),
      body: toAnyValue(
        JSON.stringify({
          assessment_id: id,
          assessment_name: "safety",
          source: { source_id: "judge", source_type: "LLM_JUDGE" },
          create_time: 1_795_348_800_000,
          feedback: { value: feedback },
          metadata: { a: "b" },
          valid: true,
        }),
      ),
    });
    const logRecords = [
      event("a-1", 1n, "no", "false"),
      event("a-1", 2n, "yes", "false"),
      event("a-2", 1n, "yes", "false"),
      event("a-2", 2n, "yes", "true"),
      event("a-3", 1n, "yes", undefined),
    ];
    await store.ingestTraces(`${stem}_otel_spans`, traceRequest(makeSpan(1, 1)));
    await store.ingestOtlp({
      table: `${stem}_otel_logs`,
      signal: "logs",
      encoding: "protobuf",
      body: encodeLogsRequest({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
    });
    const { rows } = await store.query(`SELECT assessments FROM ${stem}_metadata`, {});
    expect(rows).toEqual([
      [
        [
          {
            assessment_id: "a-1",
            trace_id: traceIdOf(1),
            assessment_name: "safety",
            source: { source_id: "judge", source_type: "LLM_JUDGE" },
            create_time: "2026-11-22T12:00:00.000Z",
            last_update_time: null,
            expectation: null,
            feedback: { value: "yes", error: null },
            rationale: null,
            metadata: { a: "b" },
            span_id: null,
            overrides: null,
            valid: "true",
          },
        ],
      ],
    ]);
    await store.close();
  });

  it("are the latest annotations of v2 that are not deleted", async () => {
    const directory = await temporaryDirectory();
    const engine = await Engine.open(layoutOf(directory), { readOnly: false });
    const location = parseLocation("main.agents.support");
    const at = (micros: bigint) => new DuckDBTimestampValue(1_795_348_800_000_000n + micros);
    const annotation = (id: string, micros: bigint, given: Record<string, string | DuckDBTimestampValue>) => ({
      annotation_id: id,
      target_type: "TRACE",
      target_id: traceIdOf(1),
      annotation_type: "FEEDBACK",
      name: "safety",
      created_at: at(0n),
      updated_at: at(micros),
      created_by: "ada",
      ...given,
    });
    await new Ingest(engine).inLocation(location, (connection) =>
      appendRows(connection, { table: "main.agents.support_otel_annotations", kind: "annotations", generation: "v2" }, [
        annotation("a-1", 1n, { value: '"no"' }),
        annotation("a-1", 2n, { value: '"yes"', comment: "because" }),
        annotation("a-2", 1n, { value: "true" }),
        annotation("a-2", 2n, { value: "true", deleted_at: at(2n) }),
        annotation("a-3", 1n, {
          target_id: `${traceIdOf(1)}:00000000000000aa`,
          annotation_type: "EXPECTATION",
          value: '{"answer":42}',
        }),
      ]),
    );
    await engine.close();
    const store = await DuckDbStore.open({ directory, readOnly: false });
    await store.ingestTraces("main.agents.support_otel_spans", traceRequest(makeSpan(1, 1)));
    const { rows } = await store.query(`SELECT assessments FROM main.agents.support_trace_unified`, {});
    expect(rows).toMatchObject([
      [
        [
          { assessment_id: "a-1", feedback: { value: "yes" }, rationale: "because", expectation: null, span_id: null },
          {
            assessment_id: "a-3",
            feedback: null,
            expectation: { value: '{"answer":42}' },
            span_id: "00000000000000aa",
          },
        ],
      ],
    ]);
    await store.close();
  });
});
