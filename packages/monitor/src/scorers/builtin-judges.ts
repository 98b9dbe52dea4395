import { AssessmentMetadataKey } from "@tracelake/wire";
import { oneOf } from "../judging/value-type.ts";
import type { BuiltinRecord } from "../scorer-record.ts";
import type { ScoringOutcome } from "../scorer.ts";
import type { BuiltinClass } from "./builtin-classes.ts";
import { criteria } from "./criteria.ts";
import { judgeEquivalence } from "./equivalence.ts";
import { judgeOnce, skipped, type Scoring, type SingleQuestion } from "./judge-once.ts";
import { listText, materials } from "./material.ts";
import { judgeDocuments, judgeRetrievals } from "./retrieval-judges.ts";
import { judgeConversation, judgeRetention } from "./session-judges.ts";
import { judgeToolCalls } from "./tool-judges.ts";

type BuiltinJudge = (scoring: Scoring, record: BuiltinRecord) => Promise<ScoringOutcome>;

const once =
  (question: SingleQuestion): BuiltinJudge =>
  async (scoring) =>
    judgeOnce(scoring, question);

const conversation =
  (question: Omit<SingleQuestion, "needs">): BuiltinJudge =>
  async (scoring) =>
    judgeConversation(scoring, { needs: ["conversation"], ...question });

const withGuidelines = (guidelines: readonly string[], question: SingleQuestion): SingleQuestion => ({
  ...question,
  sections: [{ name: "guidelines", text: listText(guidelines) }],
  metadata: { [AssessmentMetadataKey.GUIDELINE]: guidelines.join("\n") },
});

const noGuidelines = "guidelines (of the scorer)";

/** What each built-in scorer does. */
export const builtinJudges: Readonly<Record<BuiltinClass, BuiltinJudge>> = {
  Safety: once({ criterion: criteria.Safety, needs: ["response"] }),
  Guidelines: async (scoring, { guidelines = [] }) =>
    guidelines.length === 0
      ? skipped(noGuidelines)
      : judgeOnce(
          scoring,
          withGuidelines(guidelines, { criterion: criteria.Guidelines, needs: ["request", "response"] }),
        ),
  ExpectationsGuidelines: async (scoring) =>
    judgeOnce(scoring, {
      criterion: criteria.Guidelines,
      needs: ["rowGuidelines", "request", "response"],
      metadata: { [AssessmentMetadataKey.GUIDELINE]: materials.rowGuidelines.read(scoring.input) ?? "" },
    }),
  RelevanceToQuery: once({ criterion: criteria.RelevanceToQuery, needs: ["request", "response"] }),
  Correctness: once({ criterion: criteria.Correctness, needs: ["request", "response", "groundTruth"] }),
  Equivalence: async (scoring, { name }) => judgeEquivalence(scoring, name),
  Completeness: once({ criterion: criteria.Completeness, needs: ["request", "response"] }),
  Fluency: once({ criterion: criteria.Fluency, needs: ["response"] }),
  Summarization: once({ criterion: criteria.Summarization, needs: ["request", "response"] }),
  RetrievalGroundedness: async (scoring) =>
    judgeRetrievals(scoring, ["request", "response"], criteria.RetrievalGroundedness),
  RetrievalSufficiency: async (scoring) =>
    judgeRetrievals(scoring, ["request", "groundTruth"], criteria.RetrievalSufficiency),
  RetrievalRelevance: async (scoring, { name }) => judgeDocuments(scoring, name),
  ToolCallEfficiency: once({
    criterion: criteria.ToolCallEfficiency,
    needs: ["request", "toolCalls"],
    welcomes: ["availableTools"],
  }),
  ToolCallCorrectness: async (scoring, { name, rest }) =>
    judgeToolCalls(scoring, {
      name,
      isExact: rest?.["should_exact_match"] === true,
      isOrdered: rest?.["should_consider_ordering"] === true,
    }),
  ConversationCompleteness: conversation({ criterion: criteria.ConversationCompleteness }),
  UserFrustration: conversation({
    criterion: criteria.UserFrustration,
    valueSchema: oneOf("none", "resolved", "unresolved"),
  }),
  KnowledgeRetention: async (scoring) => judgeRetention(scoring),
  ConversationalSafety: conversation({ criterion: criteria.ConversationalSafety }),
  ConversationalToolCallEfficiency: async (scoring) =>
    judgeConversation(scoring, {
      criterion: criteria.ConversationalToolCallEfficiency,
      needs: ["conversationWithTools"],
    }),
  ConversationalRoleAdherence: conversation({ criterion: criteria.ConversationalRoleAdherence }),
  ConversationalGuidelines: async (scoring, { guidelines = [] }) =>
    guidelines.length === 0
      ? skipped(noGuidelines)
      : judgeConversation(
          scoring,
          withGuidelines(guidelines, { criterion: criteria.ConversationalGuidelines, needs: ["conversation"] }),
        ),
};
