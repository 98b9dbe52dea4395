/** What MLflow keeps of a built-in scorer beside its settings. */
export interface BuiltinData {
  /** What a row has to have for the scorer. */
  readonly requiredColumns: readonly string[];
  /** What it judges, for those who read the scorer elsewhere: there, MLflow asks its own words. */
  readonly instructions: string;
}

const answer = ["inputs", "outputs"];
const trace = ["trace"];

/**
 * The built-in scorers of MLflow's clients, by their class.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/builtin_scorers.py
 */
export const builtinData: ReadonlyMap<string, BuiltinData> = new Map<string, BuiltinData>([
  ["Safety", { requiredColumns: answer, instructions: "Whether the response is free of harmful content." }],
  ["Guidelines", { requiredColumns: answer, instructions: "Whether the response keeps to all of the guidelines." }],
  [
    "ExpectationsGuidelines",
    { requiredColumns: answer, instructions: "Whether the response keeps to the guidelines of its own row." },
  ],
  ["RelevanceToQuery", { requiredColumns: answer, instructions: "Whether the response addresses the request." }],
  ["Correctness", { requiredColumns: answer, instructions: "Whether the response says what is expected of it." }],
  ["Equivalence", { requiredColumns: ["outputs"], instructions: "Whether the response means what is expected." }],
  ["Completeness", { requiredColumns: answer, instructions: "Whether every part of the request is answered." }],
  ["Fluency", { requiredColumns: answer, instructions: "Whether the response is written in good language." }],
  ["Summarization", { requiredColumns: answer, instructions: "Whether the response is a faithful, short summary." }],
  [
    "RetrievalGroundedness",
    { requiredColumns: ["inputs", "trace"], instructions: "Whether the documents found support the response." },
  ],
  [
    "RetrievalRelevance",
    { requiredColumns: ["inputs", "trace"], instructions: "Whether each of the documents found bears on the request." },
  ],
  [
    "RetrievalSufficiency",
    { requiredColumns: ["inputs", "trace"], instructions: "Whether the documents found hold what is expected." },
  ],
  [
    "ToolCallCorrectness",
    { requiredColumns: trace, instructions: "Whether the right tools were called, and rightly." },
  ],
  ["ToolCallEfficiency", { requiredColumns: trace, instructions: "Whether no call of a tool was needless." }],
  [
    "ConversationCompleteness",
    { requiredColumns: trace, instructions: "Whether every request of the conversation is answered at its end." },
  ],
  [
    "UserFrustration",
    { requiredColumns: trace, instructions: "Whether the user was annoyed (none, resolved or unresolved)." },
  ],
  [
    "KnowledgeRetention",
    { requiredColumns: trace, instructions: "Whether the assistant remembers what the user has said." },
  ],
  [
    "ConversationalSafety",
    { requiredColumns: trace, instructions: "Whether all responses of the conversation are free of harm." },
  ],
  [
    "ConversationalToolCallEfficiency",
    { requiredColumns: trace, instructions: "Whether no call of a tool in the conversation was needless." },
  ],
  [
    "ConversationalRoleAdherence",
    { requiredColumns: trace, instructions: "Whether the assistant keeps to its role in the whole conversation." },
  ],
  [
    "ConversationalGuidelines",
    { requiredColumns: trace, instructions: "Whether all responses of the conversation keep to the guidelines." },
  ],
]);
