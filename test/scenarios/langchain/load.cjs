// What the scenarios need, as CommonJS.
const optional = (name) => {
  try {
    return require(name);
  } catch {
    return undefined;
  }
};

exports.load = async () => ({
  runnables: require("@langchain/core/runnables"),
  prompts: require("@langchain/core/prompts"),
  parsers: require("@langchain/core/output_parsers"),
  testing: { ...optional("@langchain/core/testing"), ...require("@langchain/core/utils/testing") },
  tools: require("@langchain/core/tools"),
  messages: require("@langchain/core/messages"),
  dispatch: require("@langchain/core/callbacks/dispatch"),
  documents: require("@langchain/core/documents"),
  langgraph: require("@langchain/langgraph"),
  agents: optional("langchain"),
  z: require("zod").z,
  RunCollectorCallbackHandler: require("@langchain/core/tracers/run_collector").RunCollectorCallbackHandler,
  awaitAllCallbacks: require("@langchain/core/callbacks/promises").awaitAllCallbacks,
});
