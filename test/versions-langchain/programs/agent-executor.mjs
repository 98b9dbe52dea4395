// The agents of LangChain before 1.0, whose steps are events of the executor.
import { AIMessage } from "@langchain/core/messages";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { tool } from "@langchain/core/tools";
import { AgentExecutor, createToolCallingAgent } from "langchain/agents";
import { z } from "zod";
import { callbacks, printTree } from "./recording.mjs";

class ScriptedModel extends BaseChatModel {
  #answers = [
    new AIMessage({ content: "", tool_calls: [{ id: "call_1", name: "search", args: { q: "lakes" } }] }),
    new AIMessage("done"),
  ];
  _llmType() {
    return "scripted";
  }
  bindTools() {
    return this;
  }
  async _generate() {
    const message = this.#answers.shift();
    return { generations: [{ text: message.content, message }] };
  }
}

const search = tool(({ q }) => `found ${q}`, {
  name: "search",
  description: "searches",
  schema: z.object({ q: z.string() }),
});
const prompt = ChatPromptTemplate.fromMessages([
  ["human", "{input}"],
  ["placeholder", "{agent_scratchpad}"],
]);
const agent = createToolCallingAgent({ llm: new ScriptedModel({}), tools: [search], prompt });

await new AgentExecutor({ agent, tools: [search] }).invoke({ input: "hi" }, { callbacks });
printTree();
