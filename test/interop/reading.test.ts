import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMlflowServer } from "./mlflow-server.ts";
import { runNode, runPython } from "./python.ts";
import { expectScenario, type ReadTrace } from "./expected-trace.ts";
import { answered, failed, scenarioFiles, type Recorded } from "./scenario.ts";

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
}, 300_000);

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
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
    // The server takes one layer of JSON off every text, whoever has sent it.
    expectScenario((searched as [ReadTrace])[0], scenario, { "json text": { not: "parsed" } });
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
