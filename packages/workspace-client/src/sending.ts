/**
 * What sends telemetry to a workspace or a server: where it is, how to authenticate, and single requests. It is all that an
 * exporter needs from its start on, and loads nothing beside itself. What connects is that of `@tracelake/workspace-client`.
 *
 * @module
 */
export {
  connectMlflowServer,
  isLoopback,
  normalizeBaseUrl,
  type Connection,
  type WorkspaceOptions,
} from "./connection.ts";
export { renewedAuthorization } from "./authorization.ts";
export { connectWorkspace } from "./connect-workspace.ts";
export { defaultLocalLocation, environmentDestination } from "./environment-destination.ts";
export {
  mlflowServerExport,
  mlflowServerTraceInfo,
  otlpEndpointOf,
  otlpExport,
  unityCatalogExport,
  unityCatalogTraceInfo,
  type ExportRequest,
} from "./export-requests.ts";
export { readExportAnswer, type ExportAnswer } from "./export-answer.ts";
export { refusalOf, withoutCredentials } from "./refusal.ts";
export { readRetryAfterMillis } from "./retry-after.ts";
export { sendOnce, type OneAnswer, type OneRequest } from "./send-once.ts";
