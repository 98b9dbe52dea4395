/**
 * Every run of LangChain.js and LangGraph.js as an MLflow trace.
 *
 * @module
 */
export { autolog, unautolog, type LangChainAutologOptions } from "./autolog.ts";
export { TracelakeCallbackHandler, type LangChainTracingOptions } from "./handler.ts";
