import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMlflowServer } from "./mlflow-server.ts";
import { runNode, runPython } from "./python.ts";
import {
  answered,
  failed,
  scenarioFiles,
  spansOfScenario,
  type PlacedSpan,
  type Recorded,
  type Scenario,
} from "./scenario.ts";

interface ReadSpan {
  readonly name: string;
  readonly span_type: string;
  readonly span_id: string;
  readonly parent_id: string | null;
  readonly trace_id: string;
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly status: string;
  readonly description: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly start_time_ns: string;
  readonly end_time_ns: string;
  readonly events: readonly { name: string; timestamp: string; attributes: Record<string, unknown> }[];
  readonly links: readonly { trace_id: string; span_id: string }[];
}

interface ReadTrace {
  readonly trace_id: string;
  readonly spans: readonly ReadSpan[];
  readonly [field: string]: unknown;
}

let directory: string;
let server: Awaited<ReturnType<typeof startMlflowServer>>;
let experimentId: string;
let recorded: Recorded & { delivered: unknown };

/** What MLflow's client finds and gets in the experiment. */
const read = async (filter: string): Promise<{ searched: ReadTrace[]; got: ReadTrace[] }> => {
  const env = { MLFLOW_TRACKING_URI: server.url };
  const found = await runPython(["read_traces.py", experimentId, filter], { cwd: directory, env });
  return found as { searched: ReadTrace[]; got: ReadTrace[] };
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
  server = await startMlflowServer(directory);
  experimentId = await server.createExperiment("interop");
  const destination = { type: "mlflow", trackingUri: server.url, experimentId };
  const env = { INTEROP_DESTINATION: JSON.stringify(destination) };
  recorded = (await runNode(["record-trace.mjs", ...scenarioFiles], { cwd: directory, env })) as typeof recorded;
}, 180_000);

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const expectedStatus = (span: PlacedSpan) =>
  span.error === undefined
    ? { status: "OK", description: "" }
    : { status: "ERROR", description: `${span.error.type}: ${span.error.message}` };

const exceptionOf = (span: PlacedSpan) =>
  span.error === undefined
    ? []
    : [
        {
          name: "exception",
          timestamp: expect.stringMatching(/^\d{19}$/) as string,
          attributes: {
            "exception.type": span.error.type,
            "exception.message": span.error.message,
            "exception.stacktrace": expect.stringContaining("record-trace.mjs") as string,
          },
        },
      ];

const expectedSpan = (span: PlacedSpan, trace: ReadTrace) => ({
  name: span.name,
  span_type: span.spanType,
  span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
  parent_id: trace.spans.find(({ name }) => name === span.parentName)?.span_id ?? null,
  trace_id: trace.trace_id,
  inputs: span.inputs ?? null,
  outputs: span.outputs ?? null,
  ...expectedStatus(span),
  start_time_ns: span.startUnixNano,
  end_time_ns: span.endUnixNano,
  events: [
    ...(span.events ?? []).map(({ name, timeUnixNano, attributes }) => ({ name, timestamp: timeUnixNano, attributes })),
    ...exceptionOf(span),
  ],
  links: (span.links ?? []).map(({ traceId, spanId }) => ({ trace_id: `tr-${traceId}`, span_id: spanId })),
});

const expectedAttributes = (span: PlacedSpan, trace: ReadTrace, { session, user }: Scenario["trace"]) => ({
  "mlflow.traceRequestId": trace.trace_id,
  "mlflow.spanType": span.spanType,
  "mlflow.spanLogLevel": expect.any(Number) as number,
  ...(span.inputs === undefined ? {} : { "mlflow.spanInputs": span.inputs }),
  ...(span.outputs === undefined ? {} : { "mlflow.spanOutputs": span.outputs }),
  ...(span.parentName === null && session !== undefined ? { "session.id": session } : {}),
  ...(span.parentName === null && user !== undefined ? { "user.id": user } : {}),
  ...span.attributes,
  // The server takes one layer of JSON off every text, whoever has sent it.
  ...(span.attributes?.["json text"] === undefined ? {} : { "json text": { not: "parsed" } }),
  ...(span.tokenUsage === undefined ? {} : { "mlflow.chat.tokenUsage": span.tokenUsage }),
});

describe("MLflow's client, reading from its server", () => {
  it("finds every trace once, and gets each as it found it", async () => {
    expect(recorded.delivered).toEqual({ exported: 8, durable: 0, dropped: 0 });
    const { searched, got } = await read("");
    expect(searched.map(({ trace_id }) => trace_id)).toEqual(recorded.traceIds);
    expect(searched.map(({ spans }) => spans.length)).toEqual([6, 1, 1]);
    expect(got).toEqual(searched);
  });

  it.each([
    ["answered", answered],
    ["failed", failed],
  ])("sees the spans of a trace that was %s as they were recorded", async (_, scenario) => {
    const { searched } = await read(`tags.\`mlflow.traceName\` = '${scenario.root.name}'`);
    expect(searched).toHaveLength(1);
    const [trace] = searched as [ReadTrace];
    const expected = spansOfScenario(scenario.root);
    expect(trace.spans.map(({ name }) => name).sort()).toEqual(expected.map(({ name }) => name).sort());
    for (const span of expected) {
      const { attributes, ...found } = trace.spans.find(({ name }) => name === span.name) as ReadSpan;
      expect(found).toEqual(expectedSpan(span, trace));
      expect(attributes).toEqual(expectedAttributes(span, trace, scenario.trace));
    }
  });

  it("sees what belongs to the whole trace, and finds the trace by it", async () => {
    const { tags, session, user, clientRequestId, requestPreview, responsePreview } = answered.trace;
    const { searched } = await read(
      `metadata.\`mlflow.trace.session\` = '${session}' AND tags.env = '${tags?.["env"]}'`,
    );
    expect(searched).toHaveLength(1);
    expect(searched[0]).toMatchObject({
      trace_id: recorded.traceIds[0],
      experiment_id: experimentId,
      state: "OK",
      request_time: 1763000000123,
      execution_duration: 3864,
      request_preview: requestPreview,
      response_preview: responsePreview,
      client_request_id: clientRequestId,
      token_usage: {
        input_tokens: 25,
        output_tokens: 5,
        total_tokens: 30,
        cache_read_input_tokens: 17,
        cache_creation_input_tokens: 9,
      },
      tags: { ...tags, "mlflow.traceName": "answer question", "mlflow.trace.spansLocation": "TRACKING_STORE" },
      metadata: { "mlflow.trace.session": session, "mlflow.trace.user": user, "mlflow.trace_schema.version": "3" },
    });
  });

  it("sees a failed trace as failed, with the user's words as its preview", async () => {
    const { searched } = await read("trace.status = 'ERROR'");
    expect(searched).toHaveLength(1);
    expect(searched[0]).toMatchObject({
      trace_id: recorded.traceIds[1],
      state: "ERROR",
      execution_duration: 1010,
      response_preview: null,
      token_usage: null,
    });
    const preview = String(searched[0]?.["request_preview"]);
    expect(preview).toMatch(/^Lorem ipsum — dolor sit amet 👋\. .*\.\.\.$/);
    expect(Array.from(preview)).toHaveLength(1000);
  });

  it("takes documents out of a retriever for its judges", async () => {
    const { searched } = await read(`client_request_id = '${answered.trace.clientRequestId}'`);
    expect(searched[0]).toMatchObject({
      retrievers: ["search documents"],
      retrieval_context: [
        [
          { content: "Orders ship within two days.", doc_uri: "kb/shipping.md" },
          { content: "Rücksendungen sind kostenlos.", doc_uri: "kb/returns.md" },
        ],
      ],
    });
  });

  it("sees a traced function with its arguments by name", async () => {
    const { searched } = await read("name = 'lookUp'");
    expect(searched[0]).toMatchObject({
      request_preview: '{"order": "4711", "limit": 2}',
      response_preview: '["4711", 2]',
      spans: [
        {
          inputs: { order: "4711", limit: 2 },
          outputs: ["4711", 2],
          attributes: { "mlflow.spanFunctionName": "lookUp" },
        },
      ],
    });
  });
});
