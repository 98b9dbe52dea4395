import {
  completeness,
  conversationalGuidelines,
  conversationalRoleAdherence,
  conversationalSafety,
  conversationalToolCallEfficiency,
  conversationCompleteness,
  correctness,
  equivalence,
  expectationsGuidelines,
  fluency,
  guidelines,
  knowledgeRetention,
  relevanceToQuery,
  retrievalGroundedness,
  retrievalRelevance,
  retrievalSufficiency,
  safety,
  summarization,
  toolCallCorrectness,
  toolCallEfficiency,
  userFrustration,
  type GuidelinesOptions,
  type JudgeOptions,
  type Scorer,
} from "@tracelake/monitor";

/** The built-in scorers that need nothing to be told. */
const makers: readonly ((options?: JudgeOptions) => Scorer)[] = [
  safety,
  relevanceToQuery,
  correctness,
  equivalence,
  completeness,
  fluency,
  summarization,
  expectationsGuidelines,
  retrievalGroundedness,
  retrievalRelevance,
  retrievalSufficiency,
  toolCallCorrectness,
  toolCallEfficiency,
  conversationCompleteness,
  userFrustration,
  knowledgeRetention,
  conversationalSafety,
  conversationalToolCallEfficiency,
  conversationalRoleAdherence,
];

const guidelinesMakers: readonly ((options: GuidelinesOptions) => Scorer)[] = [guidelines, conversationalGuidelines];

/** The built-in scorers by MLflow's names, such as `safety`. */
export const builtinMakers: ReadonlyMap<string, (options: JudgeOptions) => Scorer> = new Map(
  makers.map((make) => [make().name, make]),
);

/** Those that are told guidelines, by MLflow's names. */
export const builtinGuidelinesMakers: ReadonlyMap<string, (options: GuidelinesOptions) => Scorer> = new Map(
  guidelinesMakers.map((make) => [make({ guidelines: "Any." }).name, make]),
);
