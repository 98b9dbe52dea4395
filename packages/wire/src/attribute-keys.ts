/**
 * The attribute keys MLflow reads on a span.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/tracing/constant.py
 */
export const SpanAttributeKey = {
  TRACE_REQUEST_ID: "mlflow.traceRequestId",
  EXPERIMENT_ID: "mlflow.experimentId",
  SPAN_TYPE: "mlflow.spanType",
  LOG_LEVEL: "mlflow.spanLogLevel",
  FUNCTION_NAME: "mlflow.spanFunctionName",
  INPUTS: "mlflow.spanInputs",
  OUTPUTS: "mlflow.spanOutputs",
  CHAT_TOOLS: "mlflow.chat.tools",
  TOKEN_USAGE: "mlflow.chat.tokenUsage",
  MODEL: "mlflow.llm.model",
  MODEL_PROVIDER: "mlflow.llm.provider",
  MESSAGE_FORMAT: "mlflow.message.format",
  USER_ID: "user.id",
  SESSION_ID: "session.id",
} as const;

/** The prefix under which an attribute's value is JSON text in memory and a structured value on the wire. */
export const mlflowAttributePrefix = "mlflow.";

/** The keys of a trace's metadata: written once, by whoever records the trace. */
export const TraceMetadataKey = {
  SCHEMA_VERSION: "mlflow.trace_schema.version",
  INPUTS: "mlflow.traceInputs",
  OUTPUTS: "mlflow.traceOutputs",
  TOKEN_USAGE: "mlflow.trace.tokenUsage",
  SESSION: "mlflow.trace.session",
  USER: "mlflow.trace.user",
  SOURCE_RUN: "mlflow.sourceRun",
  SOURCE_NAME: "mlflow.source.name",
  SOURCE_TYPE: "mlflow.source.type",
} as const;

/** The keys of the tags that MLflow sets itself: tags can be changed later. */
export const TraceTagKey = {
  NAME: "mlflow.traceName",
} as const;

/** The keys of an assessment's metadata. Values are text. */
export const AssessmentMetadataKey = {
  SOURCE_RUN_ID: "mlflow.assessment.sourceRunId",
  /** US dollars. */
  JUDGE_COST: "mlflow.assessment.judgeCost",
  JUDGE_INPUT_TOKENS: "mlflow.assessment.judgeInputTokens",
  JUDGE_OUTPUT_TOKENS: "mlflow.assessment.judgeOutputTokens",
  /** MLflow has no key for the time a judge took. */
  JUDGE_DURATION_MILLIS: "tracelake.assessment.judgeDurationMillis",
  ONLINE_SCORING_SESSION_ID: "mlflow.assessment.onlineScoringSessionId",
  /** What a judge of guidelines was told to look for. */
  GUIDELINE: "guideline",
  /** Which of a retriever's documents is judged, from 0. */
  CHUNK_INDEX: "chunk_index",
} as const;

/** The experiment tags by which Databricks says where an experiment's traces are kept. */
export const ExperimentTagKey = {
  TRACE_DESTINATION_PATH: "mlflow.experiment.databricksTraceDestinationPath",
  SPANS_TABLE: "mlflow.experiment.databricksTraceSpanStorageTable",
  LOGS_TABLE: "mlflow.experiment.databricksTraceLogStorageTable",
  ANNOTATIONS_TABLE: "mlflow.experiment.databricksTraceAnnotationsTable",
  MONITORING_WAREHOUSE: "mlflow.monitoring.sqlWarehouseId",
} as const;

/** The log events in which the schema form keeps what is not a span. */
export const LogEventName = {
  TRACE_METADATA: "genai.trace.metadata",
  TRACE_TAG: "genai.trace.tag",
  ASSESSMENT: "genai.assessments.snapshot",
  RUN_LINK: "genai.trace.run_link",
} as const;

/** Request headers. `TABLE_NAME` routes OTLP on Databricks, `EXPERIMENT_ID` on an MLflow server. */
export const HeaderName = {
  TABLE_NAME: "X-Databricks-UC-Table-Name",
  EXPERIMENT_ID: "x-mlflow-experiment-id",
} as const;

/** Tokens of a model call, or of a trace. */
export interface TokenUsage {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  cache_read_input_tokens?: number;
  cache_creation_input_tokens?: number;
}
