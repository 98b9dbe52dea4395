/**
 * Asking a Databricks workspace or an MLflow server: where it is, how to authenticate, one request function with timeout
 * and retry, experiments and traces.
 *
 * @module
 */
export {
  connectMlflowServer,
  connectWorkspace,
  normalizeBaseUrl,
  type Connection,
  type WorkspaceOptions,
} from "./connection.ts";
export { request, requestJson, type Answer, type AnswerSchema, type RequestOptions } from "./request.ts";
export { getExperiment, traceLocationOf, type ExperimentReference } from "./experiments.ts";
export {
  createExperimentTraceInfo,
  createTraceInfo,
  exportSpansToMlflowServer,
  exportSpansToOtlp,
  exportSpansToUnityCatalog,
  type SpansAnswer,
} from "./traces.ts";
