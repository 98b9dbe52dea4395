import { decodeTraceRequest, type Span, type TraceRequest } from "@tracelake/wire";
import {
  startRecordingServer,
  type CannedAnswer,
  type RecordedRequest,
} from "../../packages/uc-exporter/test/recording-server.ts";

const infoPath = /^\/api\/4\.0\/mlflow\/traces\/[^/]+\/[0-9a-f]{32}\/info$/;
const spansPath = "/api/2.0/otel/v1/traces";
const experiment = { experiment_id: "7", name: "/Shared/interop", lifecycle_stage: "active", tags: [] };

const json = (body: unknown, status = 200): CannedAnswer => ({
  status,
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});

const parse = (request: RecordedRequest): unknown => JSON.parse(request.body.toString("utf8"));

/** What MLflow's client expects of a new prefix location: the names of its tables. */
const withTableNames = (request: RecordedRequest): unknown => {
  const { uc_table_prefix: prefix } = parse(request) as { uc_table_prefix: Record<string, string> };
  const stem = `${prefix["catalog_name"]}.${prefix["schema_name"]}.${prefix["table_prefix"]}_otel_`;
  const tables = { spans_table_name: `${stem}spans`, logs_table_name: `${stem}logs` };
  const more = { metrics_table_name: `${stem}metrics`, annotations_table_name: `${stem}annotations` };
  return { uc_table_prefix: { ...prefix, ...tables, ...more, location_id: "1" } };
};

/** As much of a workspace as MLflow's client needs before it writes a trace. */
const answer = (request: RecordedRequest): CannedAnswer => {
  const path = request.path.replace(/\?.*/, "");
  if (path === spansPath) return { status: 200, headers: { "content-type": "application/x-protobuf" } };
  if (infoPath.test(path)) return json(parse(request));
  switch (path) {
    case "/.well-known/databricks-config":
      return json({ oidc_endpoint: `http://${request.headers.host}/oidc` });
    case "/api/2.0/mlflow/experiments/get-by-name":
    case "/api/2.0/mlflow/experiments/get":
      return json({ experiment });
    case "/api/5.0/mlflow/tracing/locations":
      return json(withTableNames(request));
    case "/api/5.0/mlflow/experiments/7/trace-location:link":
      return json({});
    default:
      return json({ error_code: "ENDPOINT_NOT_FOUND", message: `No endpoint ${path}` }, 404);
  }
};

/** A workspace that keeps what is written to it. */
export const startWorkspaceRecorder = async () => {
  const server = await startRecordingServer(answer);
  return {
    url: server.url,
    close: server.close,
    spanRequests: (): RecordedRequest[] => server.to(spansPath),
    infoRequests: (): RecordedRequest[] => server.requests.filter(({ path }) => infoPath.test(path)),
  };
};

export type WorkspaceRecorder = Awaited<ReturnType<typeof startWorkspaceRecorder>>;

export const decodeRequests = (requests: readonly RecordedRequest[]): TraceRequest[] =>
  requests.map(({ body }) => decodeTraceRequest(body));

export const spansOf = (requests: readonly RecordedRequest[]): Span[] =>
  decodeRequests(requests).flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
