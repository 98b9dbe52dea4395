// Every way of running that LangGraph has; what an older version does not know is left out.
module.exports = ({ langgraph, runnables, testing, tools, messages, z, agents }, pause) => {
  const { StateGraph, Annotation, START, END, MemorySaver, Send, Command, interrupt, entrypoint, task } = langgraph;
  const { RunnableLambda } = runnables;
  const State = Annotation.Root({
    x: Annotation(),
    log: Annotation({ reducer: (known, added) => known.concat(added), default: () => [] }),
  });
  const node = (name, result) => async (state, config) => {
    await pause();
    const named = RunnableLambda.from(async (input) => (await pause(), input)).withConfig({ runName: `${name} step` });
    await named.invoke(name, config);
    return typeof result === "function" ? result(state) : (result ?? { log: [name] });
  };
  const drain = async (stream) => {
    for await (const chunk of await stream) void chunk;
  };
  const caught = async (promise) => {
    try {
      await promise;
    } catch (error) {
      return String(error);
    }
    throw new Error("should have failed");
  };
  let threads = 0;
  const onThread = (config) => ({
    ...config,
    configurable: { ...config.configurable, thread_id: `thread ${process.pid} ${++threads}` },
  });
  const linear = () =>
    new StateGraph(State)
      .addNode("a", node("a"))
      .addNode("b", node("b"))
      .addEdge(START, "a")
      .addEdge("a", "b")
      .addEdge("b", END);
  const inner = () => new StateGraph(State).addNode("s", node("s")).addEdge(START, "s").addEdge("s", END);

  const scenarios = {
    linear: (config) => linear().compile().invoke({ x: 1 }, config),
    conditional: (config) =>
      new StateGraph(State)
        .addNode("a", node("a"))
        .addNode("b", node("b"))
        .addNode("c", node("c"))
        .addConditionalEdges(START, () => "a")
        .addConditionalEdges("a", () => ["b", "c"])
        .addConditionalEdges("b", () => END)
        .addEdge("c", END)
        .compile()
        .invoke({ x: 1 }, config),
    parallel: (config) =>
      new StateGraph(State)
        .addNode("a", node("a"))
        .addNode("b", node("b"))
        .addNode("c", node("c"))
        .addEdge(START, "a")
        .addEdge(START, "b")
        .addEdge("a", "c")
        .addEdge("b", "c")
        .addEdge("c", END)
        .compile()
        .invoke({ x: 1 }, config),
    subgraph: (config) =>
      new StateGraph(State)
        .addNode("sub", inner().compile())
        .addNode("after", node("after"))
        .addEdge(START, "sub")
        .addEdge("sub", "after")
        .addEdge("after", END)
        .compile()
        .invoke({ x: 1 }, config),
    send: (config) =>
      new StateGraph(State)
        .addNode("fan", node("fan"))
        .addNode("leaf", node("leaf"))
        .addEdge(START, "fan")
        .addConditionalEdges("fan", () => [1, 2, 3].map((x) => new Send("leaf", { x, log: [] })))
        .addEdge("leaf", END)
        .compile()
        .invoke({ x: 1 }, config),
    nodeError: (config) =>
      caught(
        new StateGraph(State)
          .addNode(
            "broken",
            node("broken", () => {
              throw new Error("the node broke");
            }),
          )
          .addEdge(START, "broken")
          .addEdge("broken", END)
          .compile()
          .invoke({ x: 1 }, config),
      ),
    recursion: (config) =>
      caught(
        new StateGraph(State)
          .addNode("again", node("again"))
          .addEdge(START, "again")
          .addConditionalEdges("again", () => "again")
          .compile()
          .invoke({ x: 1 }, { ...config, recursionLimit: 3 }),
      ),
    checkpoints: async (config) => {
      const graph = linear().compile({ checkpointer: new MemorySaver() });
      const thread = onThread(config);
      await graph.invoke({ x: 1 }, thread);
      await graph.invoke({ x: 2 }, thread);
    },
  };
  for (const streamMode of ["values", "updates", "debug"]) {
    scenarios[`stream ${streamMode}`] = (config) =>
      drain(
        linear()
          .compile()
          .stream({ x: 1 }, { ...config, streamMode }),
      );
  }
  if (Command !== undefined) {
    scenarios.command = (config) =>
      new StateGraph(State)
        .addNode(
          "from",
          node("from", () => new Command({ goto: "to", update: { x: 2 } })),
          { ends: ["to"] },
        )
        .addNode("to", node("to"))
        .addEdge(START, "from")
        .addEdge("to", END)
        .compile()
        .invoke({ x: 1 }, config);
    scenarios.parentCommand = (config) => {
      const leaving = new StateGraph(State)
        .addNode(
          "leave",
          node("leave", () => new Command({ goto: "end", graph: Command.PARENT, update: { x: 9 } })),
        )
        .addEdge(START, "leave")
        .compile();
      return new StateGraph(State)
        .addNode("sub", leaving, { ends: ["end"] })
        .addNode("end", node("end"))
        .addEdge(START, "sub")
        .addEdge("end", END)
        .compile()
        .invoke({ x: 1 }, config);
    };
  }
  if (interrupt !== undefined) {
    const asking = () =>
      new StateGraph(State)
        .addNode("ask", async () => ({ log: [String(interrupt({ question: "go on?" }))] }))
        .addEdge(START, "ask")
        .addEdge("ask", END);
    const askTwice = async (graph, config) => {
      const thread = onThread(config);
      await graph.invoke({ x: 1 }, thread);
      await graph.invoke(new Command({ resume: "yes" }), thread);
    };
    scenarios.interrupt = (config) => askTwice(asking().compile({ checkpointer: new MemorySaver() }), config);
    scenarios.interruptBelow = (config) =>
      askTwice(
        new StateGraph(State)
          .addNode("sub", asking().compile())
          .addEdge(START, "sub")
          .addEdge("sub", END)
          .compile({ checkpointer: new MemorySaver() }),
        config,
      );
  }
  if (entrypoint !== undefined && task !== undefined) {
    scenarios.functional = (config) => {
      const increment = task("increment", async (x) => (await pause(), x + 1));
      const flow = entrypoint("flow", async (x) => (await Promise.all([increment(x), increment(x)])).length);
      return flow.invoke(1, config);
    };
  }
  if (agents?.createAgent !== undefined && testing.fakeModel !== undefined) {
    scenarios.agent = (config) => {
      const search = tools.tool(async ({ q }) => (await pause(), `found ${q}`), {
        name: "search",
        description: "searches",
        schema: z.object({ q: z.string() }),
      });
      const calls = [1, 2].map((id) => ({ name: "search", args: { q: `${id}` }, id: `call_${id}` }));
      const model = testing
        .fakeModel()
        .respond(new messages.AIMessage({ content: "", tool_calls: calls }))
        .respond(new messages.AIMessage("done"));
      const agent = agents.createAgent({ model, tools: [search], name: "helper" });
      return agent.invoke({ messages: [{ role: "user", content: "hi" }] }, config);
    };
  }
  return scenarios;
};
