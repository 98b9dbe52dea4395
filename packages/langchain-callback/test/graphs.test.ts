import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { RunnableLambda } from "@langchain/core/runnables";
import { fakeModel } from "@langchain/core/testing";
import {
  Annotation,
  Command,
  END,
  entrypoint,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
  task,
} from "@langchain/langgraph";
import { TracelakeCallbackHandler } from "@tracelake/langchain-callback";
import { createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startRecorder } from "../../../test/support/span-recorder.ts";
import { inputsOf, outputsOf, treeOf, valueOf } from "./span-tree.ts";

let recorder: ReturnType<typeof startRecorder>;
beforeEach(() => {
  recorder = startRecorder();
});

const callbacks = [new TracelakeCallbackHandler()];
const tree = () => treeOf(recorder.spans());
const State = Annotation.Root({
  x: Annotation<number>(),
  log: Annotation<string[]>({ reducer: (known, added) => known.concat(added), default: () => [] }),
});
const note = (name: string) => () => ({ log: [name] });
const linear = () =>
  new StateGraph(State)
    .addNode("a", note("a"))
    .addNode("b", note("b"))
    .addEdge(START, "a")
    .addEdge("a", "b")
    .addEdge("b", END);
const asking = () =>
  new StateGraph(State)
    .addNode("ask", () => ({ log: [String(interrupt({ question: "go on?" }))] }))
    .addEdge(START, "ask")
    .addEdge("ask", END);
let threads = 0;
const onThread = () => ({ callbacks, configurable: { thread_id: `thread-${++threads}` } });
const eventNames = (name: string) => recorder.span(name).events.map((event) => event.name);

describe("a graph", () => {
  it("is a span with its nodes below, and no plumbing", async () => {
    const graph = linear().compile();
    await graph.invoke({ x: 1 }, { callbacks });
    expect(tree()).toEqual(["LangGraph CHAIN", "  a CHAIN", "  b CHAIN"]);
    expect(recorder.span("b").attributes).toMatchObject({
      "langgraph.node": "b",
      "langgraph.step": 2,
      "langgraph.triggers": ["branch:to:b"],
    });
    expect(inputsOf(recorder.span("b"))).toEqual({ x: 1, log: ["a"] });
    expect(outputsOf(recorder.span("b"))).toEqual({ log: ["b"] });
  });

  it("notes on a node where it went on to, and keeps a step of the user's that looks alike", async () => {
    const mine = RunnableLambda.from(() => "b");
    const graph = new StateGraph(State)
      .addNode("a", async (_, config) => ({ log: [await mine.invoke("?", config)] }))
      .addNode("b", note("b"))
      .addConditionalEdges(START, () => "a")
      .addConditionalEdges("a", () => ["b"])
      .addConditionalEdges("b", () => END)
      .compile();
    await graph.invoke({ x: 1 }, { callbacks });
    expect(tree()).toEqual(["LangGraph CHAIN", "  a CHAIN", "    RunnableLambda CHAIN", "  b CHAIN"]);
    expect(recorder.span("a").events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ["langgraph.route", { to: '["b"]' }],
    ]);
    expect(eventNames("b")).toEqual(["langgraph.route"]);
  });

  it("shows branches that ran at once, and each run of a node that was sent to", async () => {
    const graph = new StateGraph(State)
      .addNode("fan", note("fan"))
      .addNode("leaf", note("leaf"))
      .addEdge(START, "fan")
      .addConditionalEdges("fan", () => [1, 2].map((x) => new Send("leaf", { x, log: [] })))
      .addEdge("leaf", END)
      .compile();
    await graph.invoke({ x: 1 }, { callbacks });
    expect(tree()).toEqual(["LangGraph CHAIN", "  fan CHAIN", "  leaf CHAIN", "  leaf CHAIN"]);
    expect(eventNames("fan")).toEqual(["langgraph.route"]);
  });

  it("nests in a node of another", async () => {
    const graph = new StateGraph(State).addNode("sub", linear().compile()).addEdge(START, "sub").addEdge("sub", END);
    await graph.compile().invoke({ x: 1 }, { callbacks });
    expect(tree()).toEqual(["LangGraph CHAIN", "  sub CHAIN", "    LangGraph CHAIN", "      a CHAIN", "      b CHAIN"]);
  });

  it("shows a command as where to go and what to write, also where it leaves the graph", async () => {
    const inner = new StateGraph(State)
      .addNode("leave", () => new Command({ goto: "end", graph: Command.PARENT, update: { x: 9 } }))
      .addEdge(START, "leave")
      .compile();
    const graph = new StateGraph(State)
      .addNode("first", () => new Command({ goto: "sub", update: { x: 2 } }), { ends: ["sub"] })
      .addNode("sub", inner, { ends: ["end"] })
      .addNode("end", note("end"))
      .addEdge(START, "first")
      .addEdge("end", END);
    await graph.compile().invoke({ x: 1 }, { callbacks });
    expect(tree().filter((line) => line.includes("ERROR"))).toEqual([]);
    expect(outputsOf(recorder.span("first"))).toEqual({ goto: ["sub"], update: { x: 2 } });
    expect(outputsOf(recorder.span("leave"))).toEqual({ goto: ["end"], update: { x: 9 }, graph: "PARENT" });
    expect(eventNames("leave")).toEqual(["parent_command"]);
  });

  it("that fails is failed with its node, and no other", async () => {
    const graph = new StateGraph(State)
      .addNode("a", note("a"))
      .addNode("broken", () => {
        throw new Error("the node broke");
      })
      .addEdge(START, "a")
      .addEdge("a", "broken")
      .addEdge("broken", END)
      .compile();
    await expect(graph.invoke({ x: 1 }, { callbacks })).rejects.toThrow("the node broke");
    expect(tree()).toEqual(["LangGraph CHAIN ERROR", "  a CHAIN", "  broken CHAIN ERROR"]);
  });

  it("of functions is the entrypoint with its tasks", async () => {
    const increment = task("increment", async (x: number) => x + 1);
    const flow = entrypoint("flow", async (x: number) => increment(x));
    expect(await flow.invoke(1, { callbacks })).toBe(2);
    expect(tree()).toEqual(["flow CHAIN", "  flow CHAIN", "  increment CHAIN"]);
    const root = recorder.spans().find((span) => span.parentSpanContext === undefined);
    expect(outputsOf(root ?? expect.unreachable())).toBe(2);
  });

  it.each(["values", "updates", "messages", "custom", "debug", "tasks", "checkpoints"] as const)(
    "is the same in stream mode %s",
    async (streamMode) => {
      for await (const chunk of await linear().compile().stream({ x: 1 }, { callbacks, streamMode }))
        expect(chunk).toBeDefined();
      expect(tree()).toEqual(["LangGraph CHAIN", "  a CHAIN", "  b CHAIN"]);
    },
  );

  it("whose stream is left is well, and so is the node that was stopped", async () => {
    const slow = () => new Promise<{ log: string[] }>((resolve) => setTimeout(() => resolve({ log: ["b"] }), 30));
    const graph = new StateGraph(State)
      .addNode("a", note("a"))
      .addNode("b", slow)
      .addEdge(START, "a")
      .addEdge("a", "b")
      .addEdge("b", END)
      .compile();
    for await (const chunk of await graph.stream({ x: 1 }, { callbacks, streamMode: "updates" })) {
      expect(chunk).toEqual({ a: { log: ["a"] } });
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(tree()).toEqual(["LangGraph CHAIN", "  a CHAIN", "  b CHAIN"]);
  });

  it("keeps its plumbing where that is asked for", async () => {
    const handler = new TracelakeCallbackHandler({ internalRuns: "keep" });
    await linear()
      .compile()
      .invoke({ x: 1 }, { callbacks: [handler] });
    expect(tree()).toEqual(["LangGraph CHAIN", "  __start__ CHAIN", "  a CHAIN", "  b CHAIN"]);
  });

  it("records what changed, or nothing, of its state on nodes where that is asked for", async () => {
    const graph = () => linear().addNode("c", note("c")).addEdge("b", "c").addEdge("c", END).compile();
    await graph().invoke({ x: 1 }, { callbacks: [new TracelakeCallbackHandler({ nodeState: "diff" })] });
    expect(["a", "b", "c"].map((name) => inputsOf(recorder.span(name)))).toEqual([
      { x: 1, log: [] },
      { log: ["a"] },
      { log: { unchanged: 1, added: ["b"] } },
    ]);
    recorder = startRecorder();
    await graph().invoke({ x: 1 }, { callbacks: [new TracelakeCallbackHandler({ nodeState: "none" })] });
    expect(recorder.span("b").attributes).not.toHaveProperty("mlflow.spanInputs");
    expect(recorder.span("b").attributes).not.toHaveProperty("mlflow.spanOutputs");
    expect(outputsOf(recorder.span("LangGraph"))).toEqual({ x: 1, log: ["a", "b", "c"] });
  });
});

describe("an interrupt", () => {
  it("is no failure: the question is the output, and the run that resumes links to the one that asked", async () => {
    const graph = asking().compile({ checkpointer: new MemorySaver() });
    const config = onThread();
    await graph.invoke({ x: 1 }, config);
    const [, asked] = recorder.spans();
    const question = [{ id: expect.any(String) as string, value: { question: "go on?" } }];
    expect(tree()).toEqual(["LangGraph CHAIN", "  ask CHAIN"]);
    expect(outputsOf(recorder.span("ask"))).toEqual({ __interrupt__: question });
    expect(outputsOf(asked ?? expect.unreachable())).toEqual({ x: 1, log: [], __interrupt__: question });
    expect(asked?.attributes).toMatchObject({
      "langgraph.interrupted": true,
      "langgraph.thread_id": config.configurable.thread_id,
      "session.id": config.configurable.thread_id,
    });
    await graph.invoke(new Command({ resume: "yes" }), config);
    const resumed = recorder.spans().at(-1);
    expect(resumed?.links.map((link) => link.context.spanId)).toEqual([asked?.spanContext().spanId]);
    expect(inputsOf(resumed ?? expect.unreachable())).toEqual({ resume: "yes" });
    expect(resumed?.attributes["langgraph.resumed"]).toBe(true);
  });

  it("passes through a graph inside another without failing either", async () => {
    const outer = new StateGraph(State)
      .addNode("sub", asking().compile())
      .addEdge(START, "sub")
      .addEdge("sub", END)
      .compile({ checkpointer: new MemorySaver() });
    await outer.invoke({ x: 1 }, onThread());
    expect(tree()).toEqual(["LangGraph CHAIN", "  sub CHAIN", "    LangGraph CHAIN", "      ask CHAIN"]);
  });

  it("before a node, set when the graph was compiled, links as well", async () => {
    const graph = linear().compile({ checkpointer: new MemorySaver(), interruptBefore: ["b"] });
    const config = onThread();
    await graph.invoke({ x: 1 }, config);
    await graph.invoke(null, config);
    const roots = recorder.spans().filter((span) => span.name === "LangGraph");
    expect(roots[1]?.links.map((link) => link.context.spanId)).toEqual([roots[0]?.spanContext().spanId]);
  });
});

describe("an agent", () => {
  const search = tool(({ q }) => `found ${q}`, {
    name: "search",
    description: "searches",
    schema: z.object({ q: z.string() }),
  });
  const calling = (args: Record<string, unknown>) =>
    fakeModel()
      .respond(new AIMessage({ content: "", tool_calls: [{ name: "search", args, id: "call_1" }] }))
      .respond(new AIMessage("done"));
  const agentTree = [
    "helper AGENT",
    "  model_request CHAIN",
    "    FakeBuiltModel CHAT_MODEL",
    "  tools CHAIN",
    "    search TOOL",
    "  model_request CHAIN",
    "    FakeBuiltModel CHAT_MODEL",
  ];

  it("is an AGENT with its model calls and tools, with arguments and answers", async () => {
    const agent = createAgent({ model: calling({ q: "x" }), tools: [search], name: "helper" });
    await agent.invoke({ messages: [{ role: "user", content: "hi" }] }, onThread());
    expect(tree()).toEqual(agentTree);
    expect(recorder.span("helper").attributes).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "helper",
    });
    expect(recorder.span("search").attributes["gen_ai.tool.call.id"]).toBe("call_1");
    expect(inputsOf(recorder.span("search"))).toEqual({ q: "x" });
    expect(outputsOf(recorder.span("search"))).toEqual({
      content: "found x",
      status: "success",
      tool_call_id: "call_1",
    });
    expect(outputsOf(recorder.span("helper"))).toMatchObject({
      messages: [{ role: "user" }, { role: "assistant" }, { role: "tool" }, { role: "assistant", content: "done" }],
    });
  });

  it("inside another's tool is an AGENT of its own, named or not", async () => {
    const inner = createAgent({ model: fakeModel().respond(new AIMessage("inner")), tools: [] });
    const ask = tool(
      async () => (await inner.invoke({ messages: [{ role: "user", content: "?" }] })).messages.length.toString(),
      { name: "search", description: "asks", schema: z.object({ q: z.string() }) },
    );
    const outer = createAgent({ model: calling({ q: "x" }), tools: [ask] });
    await outer.invoke({ messages: [{ role: "user", content: "hi" }] }, { callbacks });
    expect(tree()).toEqual([
      "LangGraph AGENT",
      "  model_request CHAIN",
      "    FakeBuiltModel CHAT_MODEL",
      "  tools CHAIN",
      "    search TOOL",
      "      LangGraph AGENT",
      "        model_request CHAIN",
      "          FakeBuiltModel CHAT_MODEL",
      "  model_request CHAIN",
      "    FakeBuiltModel CHAT_MODEL",
    ]);
  });

  it("notes a tool call whose arguments were refused, for which no tool ran", async () => {
    const agent = createAgent({ model: calling({ q: 7 }), tools: [search], name: "helper" });
    await agent.invoke({ messages: [{ role: "user", content: "hi" }] }, { callbacks });
    expect(tree()).not.toContain("    search TOOL");
    expect(eventNames("tools")).toEqual(["tool_call_failed"]);
  });

  it("that asks a person first is interrupted, and well", async () => {
    const agent = createAgent({
      model: calling({ q: "x" }),
      tools: [search],
      name: "helper",
      checkpointer: new MemorySaver(),
      middleware: [humanInTheLoopMiddleware({ interruptOn: { search: true } })],
    });
    const config = onThread();
    await agent.invoke({ messages: [{ role: "user", content: "hi" }] }, config);
    expect(tree().filter((line) => line.includes("ERROR"))).toEqual([]);
    expect(recorder.span("helper").attributes["langgraph.interrupted"]).toBe(true);
    await agent.invoke(new Command({ resume: { decisions: [{ type: "approve" }] } }), config);
    expect(recorder.spans().at(-1)?.links).toHaveLength(1);
  });
});

describe("messages in a state", () => {
  it("are written in OpenAI's shape", async () => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("a", () => ({ messages: [new ToolMessage({ content: "no", tool_call_id: "c", status: "error" })] }))
      .addEdge(START, "a")
      .addEdge("a", END)
      .compile();
    await graph.invoke({ messages: [new AIMessage("hello")] }, { callbacks });
    expect(valueOf(recorder.span("LangGraph"), "mlflow.spanOutputs")).toEqual({
      messages: [
        { role: "assistant", content: "hello" },
        { role: "tool", content: "no", tool_call_id: "c", status: "error" },
      ],
    });
  });
});
