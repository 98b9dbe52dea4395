import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { deepAgentsFolder, generations, nodeBinaries, versionsCache } from "./matrix.ts";

const treeOf = async (folder: string, program: string, node = process.execPath): Promise<string[]> => {
  const { stdout } = await promisify(execFile)(node, [program], { cwd: folder });
  return JSON.parse(stdout) as string[];
};

describe("a deep agent", () => {
  const isWork = (line: string): boolean => /AGENT|TOOL|CHAT_MODEL|tool_call_failed|ERROR/.test(line);

  it.each(nodeBinaries())("is an AGENT, and so is the one it hands a task to, on $name", async ({ path }) => {
    const lines = await treeOf(deepAgentsFolder, "deep-agent.mjs", path);
    expect(lines.filter(isWork)).toEqual([
      "planner AGENT",
      "    FakeBuiltModel CHAT_MODEL",
      "    task TOOL",
      "      researcher AGENT",
      "          FakeBuiltModel CHAT_MODEL",
      "          search TOOL",
      "          FakeBuiltModel CHAT_MODEL",
      "    FakeBuiltModel CHAT_MODEL",
      "    write_file TOOL",
      "    FakeBuiltModel CHAT_MODEL",
      "  tools CHAIN tool_call_failed",
      "    FakeBuiltModel CHAT_MODEL",
    ]);
  });
});

describe("an AgentExecutor", () => {
  it.each(generations)("is one AGENT, whose steps are its events, in @langchain/core %s", async (generation) => {
    const step = [
      "  ToolCallingAgent CHAIN",
      "    RunnableAssign CHAIN",
      "      RunnableMap CHAIN",
      "        RunnableLambda CHAIN",
      "    ChatPromptTemplate CHAIN",
      "    ScriptedModel CHAT_MODEL",
      "    ToolCallingAgentOutputParser PARSER",
    ];
    expect(await treeOf(join(versionsCache, generation), "agent-executor.mjs")).toEqual([
      "AgentExecutor AGENT agent_action agent_finish",
      ...step,
      "  search TOOL",
      ...step,
    ]);
  });
});
