// What is measured: how often it is called, and what one call does.
import { AIMessage } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { fakeModel } from "@langchain/core/testing";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { createAgent, tool } from "langchain";
import { z } from "zod";

const chain = ChatPromptTemplate.fromMessages([["human", "{question}"]])
  .pipe(new FakeListChatModel({ responses: ["A lake holds rivers."] }))
  .pipe(new StringOutputParser());

const search = tool(({ q }) => `found ${q}`, {
  name: "search",
  description: "searches",
  schema: z.object({ q: z.string() }),
});

const agent = () => {
  const call = { name: "search", args: { q: "lakes" }, id: "call_1" };
  const model = fakeModel()
    .respond(new AIMessage({ content: "", tool_calls: [call] }))
    .respond(new AIMessage("done"));
  return createAgent({ model, tools: [search], name: "helper" });
};

const speaker = new FakeListChatModel({ responses: ["x".repeat(200)] });

export const cases = {
  chain: {
    title: "prompt | model | parser",
    calls: 10_000,
    prepare: () => chain,
    call: (runnable, callbacks, index) => runnable.invoke({ question: `What is lake ${index}?` }, { callbacks }),
  },
  agent: {
    title: "an agent with one tool",
    calls: 200,
    prepare: agent,
    call: (runnable, callbacks) => runnable.invoke({ messages: [{ role: "user", content: "hi" }] }, { callbacks }),
  },
  stream: {
    title: "200 streamed tokens",
    calls: 300,
    prepare: () => speaker,
    call: async (runnable, callbacks) => {
      for await (const chunk of await runnable.stream("hi", { callbacks })) void chunk;
    },
  },
};
