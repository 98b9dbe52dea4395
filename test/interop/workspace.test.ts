import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import {
  connectWorkspace,
  getTrace,
  searchTraceSummaries,
  statementExecution,
  type Connection,
} from "@tracelake/workspace-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startReplayServer } from "../support/replay-server.ts";
import { expectScenario, type ReadTrace } from "./expected-trace.ts";
import { interopFolder, runNode, runPython } from "./python.ts";
import { answered, failed, scenarioFiles, spansOfScenario, type Recorded } from "./scenario.ts";

const token = "workspace-token";

let directory: string;
let server: LocalWorkspaceServer;
let connection: Connection;
let environment: Record<string, string>;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tracelake-interop-"));
  server = await startLocalWorkspaceServer({ directory: join(directory, "workspace"), port: 0, token });
  connection = connectWorkspace({ host: server.url, token }, {});
  environment = {
    DATABRICKS_HOST: server.url,
    DATABRICKS_TOKEN: token,
    MLFLOW_TRACKING_URI: "databricks",
    MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
  };
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const python = (args: readonly string[], more: Record<string, string> = {}): Promise<unknown> =>
  runPython(args, { cwd: directory, env: { ...environment, ...more } });

describe.each(["main.agents", "main.agents.written"])("traces in %s", (location) => {
  let traceIds: Record<"typescript" | "python", readonly string[]>;
  let read: { searched: ReadTrace[]; got: ReadTrace[] };

  beforeAll(async () => {
    const destination = { type: "unity-catalog", location, host: server.url, token };
    const ours = (await runNode(["record-trace.mjs", ...scenarioFiles], {
      cwd: directory,
      env: { INTEROP_DESTINATION: JSON.stringify(destination) },
    })) as Recorded;
    const setting = location === "main.agents" ? "MLFLOW_TRACING_DESTINATION" : "INTEROP_TABLE_PREFIX";
    const theirs = (await python(["record_trace.py", ...scenarioFiles], { [setting]: location })) as Recorded;
    traceIds = { typescript: ours.traceIds, python: theirs.traceIds };
    read = (await python(["read_traces.py", location, ""])) as typeof read;
  });

  it("are all found by MLflow's client, each as it is got by its id", () => {
    expect(read.searched).toHaveLength(6);
    expect(read.searched.map(({ trace_id }) => trace_id).sort()).toEqual(Object.values(traceIds).flat().sort());
    expect(read.got).toEqual(read.searched);
  });

  it.each(["typescript", "python"] as const)("are read by MLflow's client as %s wrote them", (writer) => {
    for (const [index, scenario] of [answered, failed].entries()) {
      const trace = read.got.find(({ trace_id }) => trace_id === traceIds[writer][index]) as ReadTrace;
      expectScenario(trace, scenario);
    }
    const [first, second] = [0, 1].map((index) => read.got.find((trace) => trace.trace_id === traceIds[writer][index]));
    const { tags, session, user, clientRequestId, requestPreview, responsePreview } = answered.trace;
    expect(first).toMatchObject({
      state: "OK",
      request_time: 1763000000123,
      execution_duration: 3864,
      request_preview: requestPreview,
      response_preview: responsePreview,
      client_request_id: clientRequestId,
      token_usage: { input_tokens: 25, output_tokens: 5, total_tokens: 30 },
      tags: { ...tags, "mlflow.traceName": "answer question" },
      metadata: {
        "mlflow.trace.session": session,
        "mlflow.trace.user": user,
        "mlflow.trace_schema.version": "4",
      },
    });
    expect(second).toMatchObject({ state: "ERROR", execution_duration: 1010, response_preview: null });
  });

  it.each(["typescript", "python"] as const)("are read from TypeScript as %s wrote them", async (writer) => {
    for (const [index, scenario] of [answered, failed].entries()) {
      const trace = await getTrace(connection, { traceId: traceIds[writer][index] ?? "" });
      const expected = spansOfScenario(scenario.root);
      expect(trace.spans.map(({ name }) => name).sort()).toEqual(expected.map(({ name }) => name).sort());
      for (const span of expected) {
        const found = trace.spans.find(({ name }) => name === span.name);
        const parent = trace.spans.find(({ spanId }) => spanId === found?.parentSpanId);
        expect(parent?.name ?? null).toBe(span.parentName);
        expect(found).toMatchObject({
          type: span.spanType,
          startTimeUnixNano: BigInt(span.startUnixNano),
          endTimeUnixNano: BigInt(span.endUnixNano),
          status: span.error === undefined ? "OK" : "ERROR",
          ...(span.inputs === undefined ? {} : { inputs: span.inputs }),
          ...(span.outputs === undefined ? {} : { outputs: span.outputs }),
          attributes: span.attributes ?? {},
        });
      }
    }
  });

  it("are found from TypeScript by what belongs to the whole trace", async () => {
    const filter = `metadata.\`mlflow.trace.session\` = '${answered.trace.session}' AND tags.env = '${answered.trace.tags?.["env"]}'`;
    const found: string[] = [];
    for await (const { traceId } of searchTraceSummaries(connection, { locations: [location], filter })) {
      found.push(traceId);
    }
    expect(new Set(found)).toEqual(new Set([traceIds.typescript[0], traceIds.python[0]]));
  });
});

interface Said {
  readonly id: string;
  readonly name: string;
  readonly [field: string]: unknown;
}

interface Used {
  readonly trace_id: string;
  readonly outputs: unknown;
  readonly judged: {
    readonly assessments: readonly Said[];
    readonly first: Said;
    readonly missing: [string, string];
    readonly tags: unknown;
    readonly span_id: string;
  };
  readonly [field: string]: unknown;
}

const human = ["HUMAN", "ada@example.com"];
const judge = ["LLM_JUDGE", "judge"];

const expectJudged = (
  { assessments, first, missing, tags, span_id: spanId }: Used["judged"],
  traceId: string,
): void => {
  expect(assessments).toMatchObject([
    {
      kind: "feedback",
      name: "helpful",
      value: false,
      rationale: "vague",
      source: human,
      metadata: { k: "v" },
      valid: false,
    },
    { kind: "feedback", name: "helpful", value: true, source: human, overrides: assessments[0]?.id, valid: true },
    { kind: "feedback", name: "relevant", value: { score: 0.5, why: ["a"] }, source: judge, span_id: spanId },
    { kind: "feedback", name: "broken", value: null, error: "no judge", source: judge },
    { kind: "expectation", name: "facts", value: ["one", "two"], source: human },
    { kind: "expectation", name: "limit", value: 3, source: human },
  ]);
  expect(first).toEqual(assessments[0]);
  expect(missing).toEqual([
    "RestException",
    expect.stringMatching(
      `RESOURCE_DOES_NOT_EXIST: Assessment with ID 'a-[0-9a-f]{32}' not found for trace '${traceId}'`,
    ),
  ]);
  expect(tags).toMatchObject({ "team/a b": "x/y", "k/ey": "v", "mlflow.traceName": "answer" });
  expect(tags).not.toHaveProperty("gone");
};

describe("what users of MLflow do with a workspace", () => {
  let used: { prefix: Used; schema: Used; own: Used; scorers: Record<string, unknown> };
  beforeAll(async () => {
    used = (await python(["use_workspace.py", "prefix", "schema", "own", "scorers"])) as typeof used;
  });

  it.each(["prefix", "schema"] as const)("works in a location of the %s form", (form) => {
    const result = used[form];
    expect(result.outputs).toEqual({ text: "order 4711", whole: 2, count: 2 });
    expectJudged(result.judged, result.trace_id);
    expect(result).toMatchObject({
      linked: [["WHERE"], []],
      found: {
        "trace.status = 'OK'": ["WHEN", "WHERE"],
        "trace.status = 'ERROR' AND timestamp_ms > 5": ["FAIL"],
        "trace.timestamp_ms > '2024-01-01' AND trace.timestamp_ms < '2024-01-02 10:00:00'": [],
        "tags.`k/ey` = 'v'": ["WHERE"],
        "tag.gone IS NULL AND name LIKE 'ans%'": ["FAIL", "WHEN", "WHERE"],
        "metadata.`mlflow.trace.session` = 's-2'": ["WHEN"],
        "span.type = 'RETRIEVER' AND span.name = 'look_up'": ["WHEN", "WHERE"],
        "span.type = 'RETRIEVER' AND span.name = 'answer'": [],
        "feedback.helpful = 'true'": ["WHERE"],
        "expectation.limit IS NOT NULL": ["WHERE"],
        "execution_time_ms >= 100000": [],
        "text ILIKE '%ORDER 4711%'": ["WHEN", "WHERE"],
        "request_id = 'trace'": [],
      },
      refused: {
        "status = 'OK' OR status = 'ERROR'": [
          "RestException",
          expect.stringContaining("INVALID_PARAMETER_VALUE: Invalid clause(s) in filter string"),
        ],
        "nothing.a = 'b'": ["RestException", expect.stringContaining("Invalid entity type")],
        "tags.a > 'b'": ["RestException", expect.stringContaining("Invalid comparator")],
      },
      pages: [["WHERE", "FAIL"], ["WHEN"]],
      delete: ["RestException", expect.stringContaining("Delete their rows with SQL")],
      unknown: ["RestException", expect.stringMatching("RESOURCE_DOES_NOT_EXIST: Trace with ID '.*' not found.")],
    });
  });

  it("links an experiment to a prefix for good, and finds its traces by the experiment", () => {
    expect(used.prefix).toMatchObject({
      experiment_tags: {
        "mlflow.experiment.databricksTraceDestinationPath": "main.agents.shop",
        "mlflow.experiment.databricksTraceSpanStorageTable": "main.agents.shop_otel_spans",
        "mlflow.experiment.databricksTraceLogStorageTable": "main.agents.shop_otel_logs",
        "mlflow.experiment.databricksTraceAnnotationsTable": "main.agents.shop_otel_annotations",
      },
      by_experiment: 3,
      other_location: ["MlflowException", expect.stringContaining("already linked to a different trace location")],
    });
  });

  it("links an experiment to a schema, and unlinks it", () => {
    expect(used.schema).toMatchObject({
      table: "main.chats.mlflow_experiment_trace_otel_spans",
      experiment_tags: { "mlflow.experiment.databricksTraceDestinationPath": "main.chats" },
      tags_after: {},
      again: ["RestException", expect.stringContaining("is linked to no trace location")],
    });
  });

  it("works in an experiment that keeps its traces itself", () => {
    const { own } = used;
    expect(own.trace_id).toMatch(/^tr-[0-9a-f]{32}$/);
    expect(own.outputs).toEqual({ text: "order 4711", whole: 2, count: 2 });
    expectJudged(own.judged, own.trace_id);
    expect(own).toMatchObject({
      found: ["FAIL"],
      late_link: ["RestException", `BAD_REQUEST: Experiment ${String(own["experiment_id"])} already contains traces.`],
      deleted: 1,
      after: [expect.any(String), expect.stringContaining("not found")],
      left: 1,
      experiments: ["/Shared/interop", "/Shared/own", "/Shared/prefix", "/Shared/schema"],
      stage: "deleted",
    });
  });

  it("registers, starts, stops and deletes scorers", () => {
    expect(used.scorers).toEqual({
      started: [0.5, "trace.status = 'OK'"],
      listed: [
        ["safe", 0.5, "trace.status = 'OK'"],
        ["polite", 0, null],
        ["short", 0, null],
      ],
      versions: [1, 2],
      old: "short",
      stopped: 0,
      missing: ["MlflowException", expect.stringContaining("Scorer with name 'short' and version 9 not found")],
      left: [2],
      guidelines: ["Be polite."],
      tags: { "mlflow.monitoring.sqlWarehouseId": "local" },
    });
  });

  it("leaves judgements that TypeScript reads", async () => {
    for (const { trace_id: traceId, judged } of [used.prefix, used.schema]) {
      const { info } = await getTrace(connection, { traceId });
      expect(
        info.assessments.map(({ assessmentId, kind, name, value, isValid }) => ({
          id: assessmentId,
          kind,
          name,
          value,
          isValid,
        })),
      ).toEqual(
        judged.assessments.map(({ id, kind, name, value, valid }) => ({
          id,
          kind,
          name,
          value,
          isValid: valid ?? true,
        })),
      );
    }
  });

  it("leaves judgements that SQL reads", async () => {
    const sql = statementExecution(connection, { sqlWarehouseId: "local" });
    for (const view of ["main.agents.shop_trace_metadata", "main.chats.mlflow_experiment_trace_metadata"]) {
      const answer = await sql.query(
        `SELECT a.assessment_name, a.feedback.value, a.source.source_type, a.valid FROM ${view} LATERAL VIEW explode(assessments) t AS a WHERE a.feedback IS NOT NULL ORDER BY a.create_time, a.assessment_id`,
      );
      const rows: unknown[] = answer.rows.map((row) => [...row]);
      expect(rows).toContainEqual(["helpful", "true", "HUMAN", "true"]);
      expect(rows).toContainEqual(["helpful", "false", "HUMAN", "false"]);
      expect(rows).toContainEqual(["broken", null, "LLM_JUDGE", "true"]);
    }
  });
});

describe("MLflow's autolog for openai", () => {
  it("writes calls that are read back", async () => {
    const models = await startReplayServer(fileURLToPath(new URL("../fixtures/openai", import.meta.url)));
    try {
      const calls = join(interopFolder, "scenarios", "openai-calls.json");
      const destination = { MLFLOW_TRACING_DESTINATION: "main.models", OPENAI_BASE_URL: `${models.url}/v1` };
      const count = await python(["record_openai.py", calls], destination);
      const names: string[] = [];
      for await (const { traceId } of searchTraceSummaries(connection, { locations: ["main.models"] })) {
        const { info, spans } = await getTrace(connection, { traceId });
        expect(spans.length).toBeGreaterThan(1);
        expect(info.tokenUsage === undefined || Number(info.tokenUsage.total_tokens) > 0).toBe(true);
        names.push(...spans.filter(({ parentSpanId }) => parentSpanId !== undefined).map(({ name }) => name));
      }
      expect(names).toHaveLength(Number(count));
      expect(new Set(names)).toEqual(new Set(["Completions", "Responses", "Embeddings"]));
    } finally {
      await models.close();
    }
  });
});
