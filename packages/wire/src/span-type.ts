/**
 * MLflow's span types. A span may carry any other string as well.
 *
 * @see https://mlflow.org/docs/latest/genai/concepts/span/#span-types
 */
export const SpanType = {
  LLM: "LLM",
  CHAIN: "CHAIN",
  AGENT: "AGENT",
  TOOL: "TOOL",
  CHAT_MODEL: "CHAT_MODEL",
  RETRIEVER: "RETRIEVER",
  PARSER: "PARSER",
  EMBEDDING: "EMBEDDING",
  RERANKER: "RERANKER",
  MEMORY: "MEMORY",
  WORKFLOW: "WORKFLOW",
  TASK: "TASK",
  GUARDRAIL: "GUARDRAIL",
  EVALUATOR: "EVALUATOR",
  UNKNOWN: "UNKNOWN",
} as const;

export type SpanType = (typeof SpanType)[keyof typeof SpanType];
