import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openLocalWorkspace, type LocalWorkspace } from "@tracelake/local-workspace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { questions } from "../../examples/rag-langgraph/src/questions.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const spansTable = "my_catalog.my_schema.mlflow_experiment_trace_otel_spans";

describe("the LangGraph example against a real model", () => {
  const directory = mkdtempSync(join(tmpdir(), "tracelake-live-graph-"));
  let workspace: LocalWorkspace;

  const rows = async (sql: string): Promise<Record<string, unknown>[]> => {
    const { columns, rows: values } = await workspace.query(sql);
    return values.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
  };
  const outputsOf = async (type: string): Promise<unknown[]> => {
    const found = await rows(
      `SELECT attributes['mlflow.spanOutputs'] AS outputs FROM ${spansTable} WHERE attributes['mlflow.spanType'] = '${type}'`,
    );
    return found.map(({ outputs }) => JSON.parse(String(outputs)) as unknown);
  };

  beforeAll(async () => {
    const { NODE_ENV: _, ...environment } = process.env;
    await promisify(execFile)("npx", ["tsx", "examples/rag-langgraph/scripts/live.ts"], {
      cwd: repository,
      env: { ...environment, TRACELAKE_DIRECTORY: directory },
      timeout: 500_000,
    });
    workspace = await openLocalWorkspace({ directory });
    await workspace.drain();
  });

  afterAll(async () => {
    await workspace?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it("left a trace per question and one for the approval, all of one conversation, and none of them failed", async () => {
    const traces = await rows(
      "SELECT state, trace_metadata['mlflow.trace.session'] AS session FROM my_catalog.my_schema.mlflow_experiment_trace_unified",
    );
    expect(traces).toEqual(
      Array.from({ length: questions.length + 1 }, () => ({ state: "OK", session: "customer-17" })),
    );
  });

  it("holds the documents of every search, and two answers of the model for each question with their tokens", async () => {
    const searches = await outputsOf("RETRIEVER");
    expect(searches.length).toBeGreaterThanOrEqual(questions.length);
    const found = searches.filter((documents) => Array.isArray(documents) && documents.length > 0);
    expect(found).not.toEqual([]);
    for (const documents of found) {
      expect(documents).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            page_content: expect.any(String) as string,
            metadata: expect.objectContaining({ doc_uri: expect.any(String) as string }) as object,
          }),
        ]),
      );
    }
    expect(await outputsOf("CHAT_MODEL")).toHaveLength(questions.length * 2);
    const [tokens] = await rows(
      `SELECT count(*) AS counted FROM ${spansTable} WHERE attributes['mlflow.chat.tokenUsage'] IS NOT NULL AND attributes['mlflow.spanType'] = 'CHAT_MODEL'`,
    );
    expect(Number(tokens?.["counted"])).toBe(questions.length * 2);
  });
});
