/**
 * An embedded Databricks workspace for traces: OTLP ingest, MLflow REST and Databricks SQL on DuckDB, on your own disk.
 *
 * @module
 */
export { openLocalWorkspace, type LocalWorkspace, type LocalWorkspaceOptions } from "./workspace.ts";
export { startLocalWorkspaceServer, type LocalWorkspaceServer, type LocalWorkspaceServerOptions } from "./server.ts";
export type { ServicePrincipal } from "./http/access-tokens.ts";
export type { DrainReport } from "./store/journal/drain.ts";
export type { IngestReport } from "./store/ingest.ts";
export type {
  ParameterValue,
  QueryColumn,
  QueryOptions,
  QueryResult,
  StatementResult,
  TypedParameter,
} from "./store/query.ts";
