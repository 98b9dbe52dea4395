/**
 * The payloads of the REST interfaces as zod schemas, and what reads them. Their types, limits and constants are in
 * `@tracelake/wire`, which does not load zod.
 *
 * @module
 */
export { assessmentAnswerSchema, assessmentSchema } from "./schemas/assessment.ts";
export { chatCompletionSchema } from "./schemas/chat-completion.ts";
export {
  experimentAnswerSchema,
  experimentCreatedSchema,
  experimentSchema,
  experimentsPageSchema,
} from "./schemas/experiment.ts";
export {
  onlineScoringConfigSchema,
  onlineScoringConfigsSchema,
  registeredScorerAnswerSchema,
  registeredScorerSchema,
  registeredScorersSchema,
  scheduledScorerSchema,
  scheduledScorersSchema,
  scorerVersionSchema,
  scorerVersionsSchema,
} from "./schemas/scorer.ts";
export { readSerializedScorer, writeSerializedScorer } from "./schemas/serialized-scorer.ts";
export { traceInfoSchema } from "./schemas/trace-info.ts";
export { traceLocationSchema } from "./schemas/trace-location.ts";
export {
  experimentTracePageSchema,
  traceAnswerSchema,
  traceBatchSchema,
  tracePageSchema,
  traceSearchOperationSchema,
  traceSearchSchema,
} from "./schemas/trace-search.ts";
export {
  catalogTableSchema,
  currentUserSchema,
  ownedSchema,
  privilegeAssignmentsSchema,
} from "./schemas/unity-catalog.ts";
export { warehouseSchema } from "./schemas/warehouse.ts";
