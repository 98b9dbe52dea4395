import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openLocalWorkspace, type LocalWorkspace } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startModelServer } from "../../examples/support-agent/scripts/model-server.ts";
import { startRecordingProxy } from "../../examples/support-agent/scripts/recording-proxy.ts";
import type { RecordedExchange } from "../../examples/support-agent/src/recording.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const tickets = JSON.parse(readFileSync(join(repository, "examples/support-agent/tickets.json"), "utf8")) as {
  id: string;
  user: string;
  session: string;
  text: string;
}[];
const spansTable = "my_catalog.my_schema.mlflow_experiment_trace_otel_spans";

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** What the model server itself said of an answer, read from its bytes and not through any client. */
const reported = (exchange: RecordedExchange): { content: string; usage: Usage | undefined } => {
  const body = exchange.chunks.map((chunk) => chunk.text).join("");
  const isStream = exchange.contentType.startsWith("text/event-stream");
  const events = isStream ? [...body.matchAll(/^data: (\{.*\})$/gm)].map((match) => match[1] ?? "") : [body];
  let content = "";
  let usage: Usage | undefined;
  for (const event of events) {
    const json = JSON.parse(event) as {
      choices?: { delta?: { content?: string | null }; message?: { content?: string | null } }[];
      usage?: Usage | null;
    };
    content += json.choices?.[0]?.delta?.content ?? json.choices?.[0]?.message?.content ?? "";
    usage = json.usage ?? usage;
  }
  return { content, usage };
};

describe("the support agent against a real model", () => {
  const directory = mkdtempSync(join(tmpdir(), "tracelake-live-"));
  let exchanges: RecordedExchange[];
  let workspace: LocalWorkspace;

  const rows = async (sql: string): Promise<Record<string, unknown>[]> => {
    const { columns, rows: values } = await workspace.query(sql);
    return values.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
  };

  beforeAll(async () => {
    const model = await startModelServer();
    const proxy = await startRecordingProxy(model.origin);
    try {
      await promisify(execFile)("npx", ["tsx", "examples/support-agent/src/main.ts"], {
        cwd: repository,
        env: {
          ...process.env,
          OPENAI_BASE_URL: proxy.baseUrl,
          TRACELAKE_DIRECTORY: directory,
          NODE_ENV: "development",
        },
        timeout: 500_000,
      });
      exchanges = proxy.takeRecorded();
    } finally {
      await proxy.close();
      await model.close();
    }
    workspace = await openLocalWorkspace({ directory });
    await workspace.drain();
  });

  afterAll(async () => {
    await workspace?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("left one trace per ticket, with session, user and both texts", async () => {
    const traces = await rows(
      "SELECT request, response, state, trace_metadata['mlflow.trace.session'] AS session, trace_metadata['mlflow.trace.user'] AS user, tags['ticket'] AS ticket FROM my_catalog.my_schema.mlflow_experiment_trace_unified ORDER BY request_time",
    );
    const answered = traces.filter((trace) => trace["ticket"] !== null);
    expect(answered.map((trace) => trace["ticket"])).toEqual(tickets.map((ticket) => ticket.id));
    for (const [index, ticket] of tickets.entries()) {
      expect(answered[index]).toMatchObject({ session: ticket.session, user: ticket.user, state: "OK" });
      expect(String(answered[index]?.["request"])).toContain(ticket.text);
      expect(String(answered[index]?.["response"])).toContain('"text"');
    }
  });

  it("has the spans and types of an agent, below its root", async () => {
    const counts = await rows(
      `SELECT attributes['mlflow.spanType'] AS type, count(*) AS spans, count(parent_span_id) AS children FROM ${spansTable} GROUP BY 1`,
    );
    const byType = new Map(
      counts.map((row) => [row["type"], { spans: Number(row["spans"]), children: Number(row["children"]) }]),
    );
    expect(byType.get("CHAIN")).toEqual({ spans: tickets.length, children: 0 });
    expect(byType.get("RETRIEVER")).toEqual({ spans: tickets.length, children: tickets.length });
    expect(byType.get("TOOL")?.spans).toBeGreaterThan(0);
    const chats = exchanges.filter(({ path }) => path.endsWith("/chat/completions"));
    expect(byType.get("CHAT_MODEL")).toEqual({ spans: chats.length, children: chats.length });
    const [failed] = await rows(
      `SELECT count(*) AS failed FROM ${spansTable} WHERE status.code = 'STATUS_CODE_ERROR' AND attributes['mlflow.spanType'] = 'TOOL'`,
    );
    expect(Number(failed?.["failed"])).toBeGreaterThan(0);
  });

  it("recorded the tokens and the text that the server reported, streamed or not", async () => {
    const spans = await rows(
      `SELECT attributes['mlflow.chat.tokenUsage'] AS usage, attributes['mlflow.spanInputs'] AS inputs, attributes['mlflow.spanOutputs'] AS outputs FROM ${spansTable} WHERE attributes['mlflow.spanType'] = 'CHAT_MODEL' ORDER BY start_time_unix_nano`,
    );
    const chats = exchanges.filter(({ path }) => path.endsWith("/chat/completions")).map(reported);
    expect(spans).toHaveLength(chats.length);
    for (const [index, chat] of chats.entries()) {
      const usage = JSON.parse(String(spans[index]?.["usage"])) as Record<string, number>;
      expect(usage).toMatchObject({
        input_tokens: chat.usage?.prompt_tokens,
        output_tokens: chat.usage?.completion_tokens,
        total_tokens: chat.usage?.total_tokens,
      });
      const outputs = JSON.parse(String(spans[index]?.["outputs"])) as {
        choices: { message: { content: string | null } }[];
      };
      expect(outputs.choices[0]?.message.content ?? "").toBe(chat.content);
      expect(JSON.parse(String(spans[index]?.["inputs"]))).toHaveProperty("messages");
    }
  });

  it("gave the retriever documents that judges can read", async () => {
    const [first] = await rows(
      `SELECT attributes['mlflow.spanOutputs'] AS documents FROM ${spansTable} WHERE attributes['mlflow.spanType'] = 'RETRIEVER' LIMIT 1`,
    );
    const documents = JSON.parse(String(first?.["documents"])) as unknown[];
    expect(documents).not.toHaveLength(0);
    for (const document of documents)
      expect(document).toMatchObject({
        page_content: expect.any(String) as string,
        metadata: { doc_uri: expect.any(String) as string },
      });
  });
});
