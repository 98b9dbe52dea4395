/**
 * Asking a Databricks workspace or an MLflow server: where it is, how to authenticate, one request function with timeout
 * and retry, experiments and traces. What takes telemetry there piece by piece is `@tracelake/workspace-client/sending`.
 *
 * @module
 */
export {
  connectMlflowServer,
  isLoopback,
  localWarehouseId,
  normalizeBaseUrl,
  type Connection,
  type WorkspaceOptions,
} from "./connection.ts";
export { connectWorkspace } from "./connect-workspace.ts";
export { connectEnvironment, resolveExperimentId } from "./environment-connection.ts";
export {
  connectLocalWorkspace,
  connectRunningServer,
  findRunningServer,
  type LocalWorkspaceReference,
} from "./local-server.ts";
export {
  defaultLocalLocation,
  environmentDestination,
  environmentExperiment,
  type EnvironmentDestination,
} from "./environment-destination.ts";
export type { HeaderAuthenticator } from "./credentials/fixed-credentials.ts";
export { request, requestJson, type Answer, type AnswerSchema, type RequestOptions } from "./request.ts";
export {
  createExperiment,
  deleteExperimentTag,
  getExperiment,
  linkedLocationOf,
  setExperimentTag,
  traceLocationOf,
  type CreateExperimentOptions,
  type ExperimentReference,
} from "./experiments.ts";
export { grantedTables, grantStatements, grantTraceAccess, type GrantOptions } from "./set-up/grants.ts";
export { getIdentity, getPrivileges, isOwner, type Identity, type SecurableType } from "./set-up/permissions.ts";
export { generationOf, getTableFacts, type TableFacts, type TableGeneration } from "./set-up/table-generation.ts";
export {
  setExperiment,
  setExperimentTraceLocation,
  unsetExperimentTraceLocation,
  type SetExperimentOptions,
  type TraceLocationOptions,
} from "./set-up/trace-locations.ts";
export { getWarehouse, startWarehouse, type StartWarehouseOptions, type WarehouseOptions } from "./set-up/warehouse.ts";
export { connectSql, type ConnectSqlOptions } from "./sql/connect-sql.ts";
export { statementExecution } from "./sql/statement-execution.ts";
export {
  rowsByName,
  type SqlAnswer,
  type SqlChunk,
  type SqlClient,
  type SqlColumn,
  type SqlProgress,
  type SqlQueryOptions,
  type SqlValue,
} from "./sql/sql-client.ts";
export { createTraceInfo, exportSpansToUnityCatalog } from "./traces.ts";
export { isEndpointMissing } from "./refusal.ts";
export {
  getAssessment,
  deleteAssessment,
  logExpectation,
  logFeedback,
  overrideFeedback,
  updateAssessment,
} from "./reading/assessments.ts";
export { logFeedbackBatch } from "./reading/feedback-batch.ts";
export type {
  AssessmentReference,
  LogExpectationOptions,
  LogFeedbackOptions,
  OverrideFeedbackOptions,
  UpdateAssessmentOptions,
} from "./reading/assessments.ts";
export type { AssessmentError, AssessmentSource, TraceAssessment } from "./reading/assessment.ts";
export {
  deleteTraceTag,
  linkTracesToRun,
  setTraceTag,
  unlinkTracesFromRun,
  type RunLinkOptions,
} from "./reading/change-trace.ts";
export { getTrace, getTraces, type GetTraceOptions, type GetTracesOptions } from "./reading/get-trace.ts";
export { searchTraces, searchTraceSummaries, type SearchTracesOptions } from "./reading/search-traces.ts";
export {
  byStart,
  toSpanTree,
  walkSpanTree,
  type PlacedSpan,
  type SpanNode,
  type SpanVisit,
} from "./reading/span-tree.ts";
export { parseTokenUsage } from "@tracelake/wire";
export type { Trace, TraceSpan, TraceSpanEvent, TraceSummary } from "./reading/trace.ts";
export type { TraceReference } from "./reading/trace-address.ts";
export {
  readyQueries,
  readyQuery,
  type ReadyQuery,
  type ReadyQueryName,
  type ReadyQueryOptions,
} from "./queries/ready-queries.ts";
