/**
 * Every call of the `openai` client as an MLflow trace.
 *
 * @module
 */
export { autolog, unautolog, type OpenAIAutologOptions } from "./autolog.ts";
export { OpenAIInstrumentation, type OpenAIInstrumentationConfig } from "./instrumentation.ts";
