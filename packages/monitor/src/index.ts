/**
 * Registered scorers over the production traffic of an agent.
 *
 * @module
 */
export type { Feedback } from "./feedback.ts";
export type {
  JudgeClient,
  JudgeReply,
  JudgeRequest,
  ScorerCore,
  ScoringContext,
  ScoringInput,
  ScoringOutcome,
} from "./scorer.ts";
export { openRegistry, type RegistryOptions } from "./registry/open-registry.ts";
export type { Sampling, SamplingChange, ScorerRegistry, StoredScorer } from "./registry/scorer-registry.ts";
export type { BuiltinRecord, CodeRecord, ForeignRecord, InstructionsRecord, ScorerRecord } from "./scorer-record.ts";
export type { RegisteredScorer, RegisterOptions, Scorer, StartOptions } from "./life-cycle.ts";
export { backfill, type BackfillOptions, type BackfillScorer } from "./backfill.ts";
export { deleteScorer, getScorer, listScorers, type ScorerOptions } from "./registered-scorers.ts";
export { setDatabricksMonitoringSqlWarehouseId, type MonitoringWarehouseOptions } from "./monitoring-warehouse.ts";
export {
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
  type ToolCallCorrectnessOptions,
} from "./scorers/builtin-scorers.ts";
export type { JudgeOptions } from "./scorers/judge-options.ts";
export { makeJudge, type FeedbackValueType, type MakeJudgeOptions } from "./scorers/make-judge.ts";
export {
  defineScorer,
  type CodeFinding,
  type DefineScorerOptions,
  type ScorerFunction,
} from "./scorers/define-scorer.ts";
export { scorerOf } from "./scorers/scorer-of.ts";
export {
  createJudgeClient,
  type JudgeClientOptions,
  type MeteredJudgeClient,
  type ModelPrice,
} from "./judging/judge-client.ts";
export type { JudgeBudget, JudgeSpending } from "./judging/hourly-budget.ts";
export type { ModelProvider, ModelSurroundings } from "./judging/model-endpoint.ts";
export { runMonitor } from "./runner/run-monitor.ts";
export type { MonitorOptions, MonitorProblem, MonitorScorers } from "./runner/monitor-options.ts";
export type { MonitorCounts } from "./runner/monitor-counts.ts";
export type { Degradation, DegradationRule } from "./runner/quality-window.ts";
export type { ScheduledScorer } from "./runner/scheduled-scorer.ts";
export { inProcessLeases } from "./leases/in-process-leases.ts";
export { sqlLeases, type SqlLeasesOptions } from "./leases/sql-leases.ts";
export type { HeldShard, LeaseAnswer, LeaseRequest, LeaseStore, ShardState } from "./leases/lease-store.ts";
export { evaluate, type EvaluateOptions, type Evaluation } from "./evaluate/evaluate.ts";
export type { EvaluatedRow, EvaluationRow, ScoreSummary } from "./evaluate/evaluation.ts";
export { renderEvaluation } from "./evaluate/render-evaluation.ts";
