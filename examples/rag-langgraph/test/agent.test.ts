import { Command, INTERRUPT, isInterrupted } from "@langchain/langgraph";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { createAgent } from "../src/agent.ts";
import { createModel, startRecordedModel } from "../src/model.ts";
import { questions } from "../src/questions.ts";

let model: Awaited<ReturnType<typeof startRecordedModel>>;
beforeAll(async () => {
  model = await startRecordedModel();
});
afterAll(() => model.close());

const ask = (content = "") => ({ messages: [{ role: "user", content }] });
const start = () => {
  const config = { callbacks: [new TracelakeCallbackHandler()], configurable: { thread_id: "t1" } };
  return { recorder: startRecorder(), agent: createAgent(createModel(model.baseUrl)), config };
};
const [delivery, repairs, refund] = questions;

describe("the example agent", () => {
  it("searches again where the model's words find nothing, and its trace holds what scorers read", async () => {
    const { recorder, agent, config } = start();
    const { messages } = await agent.invoke(ask(repairs), config);
    expect(messages.at(-1)?.text).toContain("repair tents");
    const named = (name: string) => recorder.spans().filter((span) => span.name === name);
    const searches = named("search_help_pages").map((span) => span.spanContext().spanId);
    const retrievers = named("HelpPageRetriever");
    expect(retrievers.map((span) => span.attributes["mlflow.spanType"])).toEqual(["RETRIEVER", "RETRIEVER"]);
    expect(retrievers.map((span) => span.parentSpanContext?.spanId)).toEqual(searches);
    expect(retrievers.map((span) => JSON.parse(String(span.attributes["mlflow.spanOutputs"])) as unknown)).toEqual([
      [],
      [
        {
          page_content: expect.stringContaining("repairs tents") as string,
          metadata: { doc_uri: "help/repairs.md", score: 1 },
          id: "repairs",
        },
      ],
    ]);
  });

  it("remembers a conversation, and asks a person before it promises money", async () => {
    const { recorder, agent, config } = start();
    await agent.invoke(ask(delivery), config);
    const asked = await agent.invoke(ask(refund), config);
    expect(isInterrupted(asked) && asked[INTERRUPT]).toHaveLength(1);
    const { messages } = await agent.invoke(new Command({ resume: true }), config);
    expect(messages.filter((message) => message.getType() === "human")).toHaveLength(2);
    expect(recorder.spans().filter((span) => span.status.message !== undefined)).toEqual([]);
    const roots = recorder.spans().filter((span) => span.name === "help_desk");
    expect(roots.map((span) => span.links.map((link) => link.context.spanId))).toEqual([
      [],
      [],
      [roots[1]?.spanContext().spanId],
    ]);
  });
});
