// A deep agent that hands a task to another, and asks for a tool that there is not.
import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { createDeepAgent } from "deepagents";
import { tool } from "langchain";
import { z } from "zod";
import { callbacks, printTree } from "./recording.mjs";

const search = tool(({ q }) => `found ${q}`, {
  name: "search",
  description: "searches",
  schema: z.object({ q: z.string() }),
});
const calling = (name, args) => new AIMessage({ content: "", tool_calls: [{ id: `call_${name}`, name, args }] });
const model = fakeModel()
  .respond(calling("task", { description: "find lakes", subagent_type: "researcher" }))
  .respond(calling("search", { q: "lakes" }))
  .respond(new AIMessage("a lake"))
  .respond(calling("write_file", { file_path: "/notes.md", content: "a lake" }))
  .respond(calling("no_such_tool", {}))
  .respond(new AIMessage("done"));
const researcher = { name: "researcher", description: "researches", systemPrompt: "Research.", tools: [search], model };
const agent = createDeepAgent({ model, tools: [search], name: "planner", subagents: [researcher] });

await agent.invoke({ messages: [{ role: "user", content: "hi" }] }, { callbacks });
printTree();
