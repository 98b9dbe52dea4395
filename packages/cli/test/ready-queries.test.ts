import { openLocalWorkspace, startLocalWorkspaceServer } from "@tracelake/local-workspace";
import { formatTraceId, parseLocation, type JsonValue } from "@tracelake/wire";
import {
  connectWorkspace,
  deleteAssessment,
  logExpectation,
  logFeedback,
  overrideFeedback,
  readyQueries,
  rowsByName,
  statementExecution,
  type SqlValue,
} from "@tracelake/workspace-client";
import { describe, expect, it } from "vitest";
import {
  fillWorkspace,
  prefixTrace,
  spanAt,
  temporaryDirectory,
  toolErrorTrace,
  writeJournal,
} from "./filled-workspace.ts";

const plain = (value: SqlValue): string | number | bigint | boolean | null => {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return value;
  return value.type === "DOUBLE" ? Number(value.value) : value.value;
};

const answersOf = async (location: string, generation: "v1" | "v2"): Promise<Record<string, unknown>> => {
  const directory = await temporaryDirectory();
  await fillWorkspace(directory);
  const workspace = await openLocalWorkspace({ directory });
  try {
    await workspace.drain();
    const answers: Record<string, unknown> = {};
    for (const query of readyQueries) {
      const { statement, parameters } = query.build({
        location: parseLocation(location),
        generation,
        since: new Date("2026-05-01T00:00:00Z"),
        slowSeconds: 0.05,
      });
      const bound = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, plain(value)]));
      answers[query.name] = rowsByName(await workspace.query(statement, { parameters: bound }));
    }
    return answers;
  } finally {
    await workspace.close();
  }
};

describe("the ready queries", () => {
  it("answer from tables with maps", async () => {
    const answers = await answersOf("my_catalog.my_schema", "v1");
    expect(answers["slow"]).toMatchObject([
      { name: "answer_ticket", seconds: 0.303, status: "STATUS_CODE_OK", started: "2026-05-04T11:37:00.000Z" },
      { trace_id: toolErrorTrace },
    ]);
    expect(answers["errors"]).toMatchObject([
      { span_type: "UNKNOWN", error_pct: 100 },
      {
        name: "lookup_order",
        span_type: "TOOL",
        spans: 2n,
        errors: 1n,
        error_pct: 50,
        example: "Osprey gave no answer in 150 ms",
      },
    ]);
    expect(answers["tokens"]).toEqual([
      {
        model: "gemma-3-270m",
        calls: 2n,
        input_tokens: 2824n,
        output_tokens: 46n,
        total_tokens: 2870n,
        cost_usd: null,
      },
    ]);
    expect(answers["latency"]).toContainEqual({
      span_type: "TOOL",
      spans: 2n,
      p50_ms: 151,
      p95_ms: 151,
      p99_ms: 151,
      max_ms: 151,
    });
    expect(answers["tools"]).toMatchObject([{ name: "lookup_order", calls: 2n, errors: 1n, error_pct: 50 }]);
  });

  it("answer from tables with VARIANT", async () => {
    const answers = await answersOf("main.agents.shop", "v2");
    expect(answers["slow"]).toMatchObject([{ trace_id: prefixTrace, name: "shop_agent", seconds: 0.1 }]);
    expect(answers["tokens"]).toMatchObject([{ model: "gemma-3-270m", calls: 1n, total_tokens: 15n }]);
    expect(answers["latency"]).toMatchObject([{ span_type: "AGENT", p95_ms: 100 }, { span_type: "CHAT_MODEL" }]);
    expect([answers["errors"], answers["tools"], answers["assessments"]]).toEqual([[], [], []]);
  });
});

const locations = [
  ["main.costs", "v1"],
  ["main.agents.costs", "v2"],
] as const;

describe.each(locations)("the ready queries in %s", (text, generation) => {
  const location = parseLocation(text);
  const trace = "ab".repeat(16);

  const ask = async (directory: string, name: string): Promise<readonly Readonly<Record<string, JsonValue>>[]> => {
    const server = await startLocalWorkspaceServer({ directory, port: 0 });
    try {
      const connection = connectWorkspace({ host: server.url, token: server.token ?? "" }, {});
      const traceId = formatTraceId(trace, location);
      const judge = { type: "LLM_JUDGE", id: "judge" } as const;
      for (const value of ["yes", "yes"])
        await logFeedback(connection, { traceId, name: "safe", value, source: judge });
      for (const value of [0.5, 1]) await logFeedback(connection, { traceId, name: "score", value });
      const wrong = await logFeedback(connection, { traceId, name: "safe", value: "no", source: judge });
      const first = await logFeedback(connection, { traceId, name: "safe", value: "no", source: judge });
      await overrideFeedback(connection, { traceId, assessmentId: first.assessmentId, value: "no", source: judge });
      await deleteAssessment(connection, { traceId, assessmentId: wrong.assessmentId });
      const error = { code: "SOME_CODE", message: "Not today." };
      if (name === "quality") await logFeedback(connection, { traceId, name: "moody", error, source: judge });
      await logExpectation(connection, { traceId, name: "expected_response", value: "In May." });
      const query = readyQueries.find((each) => each.name === name);
      const built = query?.build({ location, generation, since: new Date("2026-05-01T00:00:00Z") });
      const sql = statementExecution(connection, { sqlWarehouseId: "local" });
      return rowsByName(await sql.query(built?.statement ?? "", built?.parameters ?? {}));
    } finally {
      await server.close();
    }
  };

  const fill = async (): Promise<string> => {
    const directory = await temporaryDirectory();
    const call = (model: string, tokens: number, cost: number): { [key: string]: JsonValue } => ({
      "mlflow.spanType": "CHAT_MODEL",
      "mlflow.llm.model": model,
      "mlflow.chat.tokenUsage": { input_tokens: tokens, output_tokens: 1, total_tokens: tokens + 1 },
      "mlflow.llm.cost": { input_cost: cost, output_cost: 0.5, total_cost: cost + 0.5 },
    });
    const spanOf = (span: number, name: string, attributes?: { [key: string]: JsonValue }, parent = 1) =>
      spanAt({ trace, span, ...(span === 1 ? {} : { parent }) }, span, 10, { name, ...(attributes && { attributes }) });
    const spans = [
      spanOf(1, "agent"),
      spanOf(2, "ChatOpenAI", call("large", 100, 1.5)),
      // The client's own span of the same call.
      spanOf(3, "Completions", call("large", 100, 1.5), 2),
      spanOf(4, "Completions", call("large", 10, 0.25)),
      spanOf(5, "Completions", call("small", 7, 0.125)),
      spanOf(6, "lookup", { "mlflow.spanType": "TOOL" }),
    ];
    // Sent twice, as happens where the answer to the first time is lost.
    await writeJournal(directory, text, { spans: [...spans, ...spans] });
    return directory;
  };

  it("count tokens and cost by model, each call once", async () => {
    expect(await ask(await fill(), "tokens")).toEqual([
      { model: "large", calls: 2n, input_tokens: 110n, output_tokens: 2n, total_tokens: 112n, cost_usd: 2.75 },
      { model: "small", calls: 1n, input_tokens: 7n, output_tokens: 1n, total_tokens: 8n, cost_usd: 0.625 },
    ]);
  });

  it("count a span once that is stored twice", async () => {
    const directory = await fill();
    expect(await ask(directory, "tools")).toMatchObject([{ name: "lookup", calls: 1n }]);
    expect(await ask(directory, "latency")).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ span_type: "CHAT_MODEL", spans: 4n })]) as [],
    );
  });

  it("count assessments over time, without those that were deleted", async () => {
    expect(await ask(await fill(), "assessments")).toMatchObject([
      { name: "safe", source: "LLM_JUDGE", total: 3n, positive: 2n, negative: 1n, mean: null },
      { name: "score", source: "CODE", total: 2n, positive: 0n, negative: 0n, mean: 0.75 },
    ]);
  });

  it("give the pass rate of what says yes or no, and the errors", async () => {
    expect(await ask(await fill(), "quality")).toMatchObject([
      { scorer: "moody", judged: 0n, passed: 0n, pass_pct: null, errors: 1n },
      { scorer: "safe", judged: 3n, passed: 2n, pass_pct: 66.7, errors: 0n },
    ]);
  });
});
