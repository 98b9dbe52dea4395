// What the scenarios need, as ES modules.
const optional = (name) => import(name).catch(() => undefined);

export const load = async () => {
  const [
    runnables,
    prompts,
    parsers,
    testing,
    fakes,
    tools,
    messages,
    dispatch,
    documents,
    collector,
    promises,
    langgraph,
    agents,
    zod,
  ] = await Promise.all([
    import("@langchain/core/runnables"),
    import("@langchain/core/prompts"),
    import("@langchain/core/output_parsers"),
    import("@langchain/core/utils/testing"),
    optional("@langchain/core/testing"),
    import("@langchain/core/tools"),
    import("@langchain/core/messages"),
    import("@langchain/core/callbacks/dispatch"),
    import("@langchain/core/documents"),
    import("@langchain/core/tracers/run_collector"),
    import("@langchain/core/callbacks/promises"),
    import("@langchain/langgraph"),
    optional("langchain"),
    import("zod"),
  ]);
  return {
    runnables,
    prompts,
    parsers,
    testing: { ...fakes, ...testing },
    tools,
    messages,
    dispatch,
    documents,
    langgraph,
    agents,
    z: zod.z,
    RunCollectorCallbackHandler: collector.RunCollectorCallbackHandler,
    awaitAllCallbacks: promises.awaitAllCallbacks,
  };
};
