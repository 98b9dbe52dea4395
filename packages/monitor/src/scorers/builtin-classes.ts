/**
 * MLflow's classes of built-in scorers and the names they have where they are given none.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/builtin_scorers.py
 */
export const builtinNames = {
  Safety: "safety",
  Guidelines: "guidelines",
  ExpectationsGuidelines: "expectations_guidelines",
  RelevanceToQuery: "relevance_to_query",
  Correctness: "correctness",
  Equivalence: "equivalence",
  Completeness: "completeness",
  Fluency: "fluency",
  Summarization: "summarization",
  RetrievalGroundedness: "retrieval_groundedness",
  RetrievalRelevance: "retrieval_relevance",
  RetrievalSufficiency: "retrieval_sufficiency",
  ToolCallEfficiency: "tool_call_efficiency",
  ToolCallCorrectness: "tool_call_correctness",
  ConversationCompleteness: "conversation_completeness",
  UserFrustration: "user_frustration",
  KnowledgeRetention: "knowledge_retention",
  ConversationalSafety: "conversational_safety",
  ConversationalToolCallEfficiency: "conversational_tool_call_efficiency",
  ConversationalRoleAdherence: "conversational_role_adherence",
  ConversationalGuidelines: "conversational_guidelines",
} as const;

export type BuiltinClass = keyof typeof builtinNames;

const sessionClasses: ReadonlySet<string> = new Set<BuiltinClass>([
  "ConversationCompleteness",
  "UserFrustration",
  "KnowledgeRetention",
  "ConversationalSafety",
  "ConversationalToolCallEfficiency",
  "ConversationalRoleAdherence",
  "ConversationalGuidelines",
]);

/** Whether scorers of this class judge sessions rather than traces. */
export const isSessionClass = (className: string): boolean => sessionClasses.has(className);
