// Every way of running that LangChain's core has, as functions of what was loaded and of a call's settings. A pause of a
// random length stands where an application would wait for something, so that requests overlap in every order.
module.exports = ({ runnables, prompts, parsers, testing, tools, dispatch, documents, z }, pause) => {
  const { RunnableLambda, RunnableParallel, RunnableBranch, RunnablePassthrough, RunnableSequence } = runnables;
  const { FakeListChatModel, FakeLLM, FakeRetriever } = testing;
  const step = (name, action) =>
    RunnableLambda.from(async (input) => {
      await pause();
      return action(input);
    }).withConfig({ runName: name });
  const model = () => new FakeListChatModel({ responses: ["a lake holds rivers"] });
  const prompt = prompts.ChatPromptTemplate.fromMessages([["human", "{q}"]]);
  const answer = () => prompt.pipe(model()).pipe(new parsers.StringOutputParser());
  const fail = (message) => () => {
    throw new Error(message);
  };
  const add = tools.tool(async ({ a, b }) => (await pause(), a + b), {
    name: "add",
    description: "adds",
    schema: z.object({ a: z.number(), b: z.number() }),
  });
  const breaking = tools.tool(fail("the tool broke"), { name: "breaking", description: "", schema: z.object({}) });
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
  const settled = (promise) => promise.then(String, String);
  const retriever = new FakeRetriever({
    output: [new documents.Document({ pageContent: "rivers", metadata: { source: "lake.md" } })],
  });

  return {
    chain: (config) => answer().invoke({ q: "what" }, { ...config, runName: "answer" }),
    chainStream: (config) => drain(answer().stream({ q: "what" }, config)),
    textModel: (config) => new FakeLLM({ response: "text" }).invoke("prompt", config),
    chatModel: (config) => model().invoke("hello", config),
    modelStream: (config) => drain(model().stream("hello", config)),
    tool: (config) => add.invoke({ a: 1, b: 2 }, config),
    toolCall: (config) => add.invoke({ type: "tool_call", id: "call_1", name: "add", args: { a: 1, b: 2 } }, config),
    toolThrows: (config) => caught(breaking.invoke({}, config)),
    modelThrows: (config) =>
      caught(prompt.pipe(new FakeLLM({ thrownErrorString: "the model broke" })).invoke({ q: "" }, config)),
    parserThrows: (config) =>
      caught(prompt.pipe(model()).pipe(new parsers.JsonOutputParser()).invoke({ q: "" }, config)),
    retry: async (config) => {
      let attempts = 0;
      const flaky = step("flaky", () => (++attempts < 3 ? fail("not yet")() : "done"));
      return flaky.withRetry({ stopAfterAttempt: 3, onFailedAttempt: () => undefined }).invoke("x", config);
    },
    fallbacks: (config) =>
      prompt
        .pipe(
          new FakeLLM({ thrownErrorString: "down" }).withFallbacks({ fallbacks: [new FakeLLM({ response: "up" })] }),
        )
        .invoke({ q: "" }, config),
    parallel: (config) =>
      RunnableParallel.from({ left: step("left", (x) => x), right: answer() }).invoke({ q: "what" }, config),
    branch: (config) =>
      RunnableBranch.from([
        [(x) => x === 2, step("two", (x) => x)],
        [(x) => x === 1, step("one", (x) => x)],
        step("other", (x) => x),
      ]).invoke(1, config),
    passthrough: (config) => RunnablePassthrough.assign({ more: step("more", () => 1) }).invoke({ q: "" }, config),
    nested: (config) =>
      RunnableLambda.from(async (input, inner) => {
        await pause();
        const [left, right] = await Promise.all([
          answer().invoke({ q: input }, inner),
          add.invoke({ a: 1, b: 1 }, inner),
        ]);
        return left + right;
      }).invoke("what", config),
    customEvent: (config) =>
      RunnableLambda.from(async (input, inner) => {
        await dispatch.dispatchCustomEvent("progress", { percent: 50 }, inner);
        return input;
      }).invoke(1, config),
    rag: (config) =>
      RunnableSequence.from([
        {
          context: RunnableSequence.from([(x) => x.q, retriever, step("join", (found) => found.length)]),
          q: (x) => x.q,
        },
        prompt,
        model(),
      ]).invoke({ q: "what" }, config),
    batch: (config) => answer().batch([{ q: "1" }, { q: "2" }, { q: "3" }], { ...config, maxConcurrency: 2 }),
    batchFails: (config) =>
      RunnableSequence.from([step("first", (x) => x), step("odd", (x) => (x % 2 ? fail("odd")() : x))]).batch(
        [1, 2, 3],
        config,
        {
          returnExceptions: true,
        },
      ),
    streamEvents: async (config) => {
      for await (const event of answer().streamEvents({ q: "what" }, { ...config, version: "v2" })) void event;
    },
    timeout: (config) =>
      settled(
        RunnableSequence.from([step("slow", () => new Promise((done) => setTimeout(done, 30))), (x) => x]).invoke(1, {
          ...config,
          timeout: 5,
        }),
      ),
  };
};
