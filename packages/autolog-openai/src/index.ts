/**
 * Every call of the `openai` client as an MLflow trace.
 *
 * @module
 */
export { autolog, unautolog } from "./autolog.ts";
export { OpenAIInstrumentation, type OpenAIInstrumentationConfig } from "./instrumentation.ts";
export type { OpenAIAutologOptions } from "./options.ts";
