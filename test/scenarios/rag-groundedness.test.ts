import { once } from "node:events";
import { evaluate, createJudgeClient, retrievalGroundedness, retrievalRelevance } from "@tracelake/monitor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startJudgeServer, type JudgeServer } from "../support/judge-server.ts";
import { startExample, withLinkedWorkspace } from "../support/local-example.ts";

/** What the judge says of the three questions that the example asks. */
const answers = [
  {
    contains: ["supported by the <documents>", "repair tents"],
    answer: '{"rationale": "The page says 2 weeks.", "result": "yes"}',
  },
  { contains: ["supported by the <documents>"], answer: '{"rationale": "A day is invented.", "result": "no"}' },
  { contains: ["help to answer the <request>"], answer: '{"rationale": "It helps.", "result": "yes"}' },
];

describe("RetrievalGroundedness over the LangGraph example", () => {
  let server: JudgeServer;
  beforeAll(async () => {
    server = await startJudgeServer(answers);
  });
  afterAll(async () => server.close());

  it("writes one feedback on every retriever's span, where Databricks would keep it", async () => {
    await withLinkedWorkspace({ experiment: "/Shared/rag", location: "main.agents" }, async (workspace) => {
      const child = startExample("rag-langgraph/src/main.ts", {
        ...workspace.environment,
        MLFLOW_TRACING_DESTINATION: "main.agents",
      });
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code).toBe(0);

      const traces = (await workspace.traces()).filter(({ spans }) => spans.some(({ type }) => type === "RETRIEVER"));
      expect(traces.length).toBeGreaterThanOrEqual(3);
      const judge = createJudgeClient({
        providers: { local: { baseUrl: server.baseUrl } },
        defaultModel: "local:/judge",
      });
      const { scores, loggingErrors } = await evaluate({
        data: traces.map((trace) => ({ trace })),
        scorers: [retrievalGroundedness(), retrievalRelevance()],
        judge,
        log: { connection: workspace.connection },
      });
      expect(loggingErrors).toEqual([]);
      const retrievers = traces.flatMap(({ spans }) => spans.filter(({ type }) => type === "RETRIEVER"));
      const found = retrievers.filter(({ outputs }) => Array.isArray(outputs) && outputs.length > 0);
      // The question about tents is searched for twice: the model's own words find nothing.
      expect([retrievers.length, found.length]).toEqual([4, 3]);
      expect(scores).toMatchObject([
        { name: "retrieval_groundedness", scored: 4, passed: 2, skipped: 0, failed: 0 },
        { name: "retrieval_relevance", skipped: 0, failed: 0 },
        { name: "retrieval_relevance/precision", skipped: 0, failed: 0 },
      ]);

      for (const trace of await workspace.traces()) {
        const retrievers = trace.spans.filter(({ type }) => type === "RETRIEVER").map(({ spanId }) => spanId);
        const judged = trace.info.assessments.filter(({ name }) => name === "retrieval_groundedness");
        expect(judged.map(({ spanId }) => spanId)).toEqual(retrievers);
        for (const one of judged) {
          expect(one).toMatchObject({ kind: "feedback", source: { type: "LLM_JUDGE", id: "local:/judge" } });
          expect(one.metadata["mlflow.assessment.judgeInputTokens"]).toBe("100");
        }
      }
    });
  });
});
