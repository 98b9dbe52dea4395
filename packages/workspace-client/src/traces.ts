import {
  decodeExportResponse,
  formatLocation,
  HeaderName,
  locationPathSegment,
  tablesOf,
  type TraceInfo,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { Connection } from "./connection.ts";
import { request, type Answer } from "./request.ts";

/** What a destination did with a batch of spans that it answered with success. */
export interface SpansAnswer {
  readonly rejectedSpans: number;
  readonly message: string;
}

const grantRemedy = (location: UnityCatalogLocation): string => {
  const { spans } = tablesOf(location);
  const quoted = spans
    .split(".")
    .map((part) => `\`${part}\``)
    .join(".");
  return `Run: GRANT MODIFY, SELECT ON TABLE ${quoted} TO \`<principal>\`; ALL PRIVILEGES is not enough. USE CATALOG and USE SCHEMA are needed as well.`;
};

const missingTablesRemedy = (location: UnityCatalogLocation): string =>
  `Check that the trace location ${formatLocation(location)} was created and linked to an experiment, and that DATABRICKS_HOST is its workspace.`;

const readSpansAnswer = (answer: Answer): SpansAnswer => {
  if (answer.bytes.length === 0 || !answer.contentType.includes("protobuf")) return { rejectedSpans: 0, message: "" };
  try {
    const { partialSuccess } = decodeExportResponse(answer.bytes);
    return { rejectedSpans: Number(partialSuccess?.rejected ?? 0n), message: partialSuccess?.errorMessage ?? "" };
  } catch {
    // The status said that the spans were taken; an unreadable body does not take that back.
    return { rejectedSpans: 0, message: "" };
  }
};

/**
 * Sends spans (an OTLP trace request in protobuf) to the tables of a Unity Catalog location.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/trace-unity-catalog
 * @throws {TracelakeError} `WORKSPACE_*`
 */
export const exportSpansToUnityCatalog = async (
  connection: Connection,
  location: UnityCatalogLocation,
  body: Uint8Array,
): Promise<SpansAnswer> => {
  const { spans } = tablesOf(location);
  const answer = await request(connection, {
    method: "POST",
    path: "/api/2.0/otel/v1/traces",
    headers: { [HeaderName.TABLE_NAME]: spans },
    body,
    purpose: `Writing spans to ${spans}`,
    remedies: { 403: grantRemedy(location), 404: missingTablesRemedy(location) },
  });
  return readSpansAnswer(answer);
};

/**
 * Tells the workspace about a trace: the V4 call, without which tags, metadata and previews are not known.
 *
 * @throws {TracelakeError} `WORKSPACE_*`
 */
export const createTraceInfo = async (
  connection: Connection,
  location: UnityCatalogLocation,
  info: TraceInfo,
): Promise<void> => {
  await request(connection, {
    method: "POST",
    path: `/api/4.0/mlflow/traces/${locationPathSegment(location)}/${encodeURIComponent(info.trace_id)}/info`,
    body: info,
    purpose: `Writing the trace info of ${info.trace_id} to ${formatLocation(location)}`,
    remedies: { 403: grantRemedy(location), 404: missingTablesRemedy(location) },
  });
};

const experimentRemedies = (experimentId: string) =>
  ({
    403: `Give the owner of the credentials EDIT on experiment ${experimentId}.`,
    404: `Check that experiment ${experimentId} exists, and that the server is MLflow 3.4 or newer.`,
  }) as const;

/** Sends spans to an MLflow server. @throws {TracelakeError} `WORKSPACE_*` */
export const exportSpansToMlflowServer = async (
  connection: Connection,
  experimentId: string,
  body: Uint8Array,
): Promise<SpansAnswer> => {
  const answer = await request(connection, {
    method: "POST",
    path: "/v1/traces",
    headers: { [HeaderName.EXPERIMENT_ID]: experimentId },
    body,
    purpose: `Writing spans to experiment ${experimentId}`,
    remedies: experimentRemedies(experimentId),
  });
  return readSpansAnswer(answer);
};

/** Tells an MLflow server about a trace (V3). @throws {TracelakeError} `WORKSPACE_*` */
export const createExperimentTraceInfo = async (
  connection: Connection,
  experimentId: string,
  info: TraceInfo,
): Promise<void> => {
  await request(connection, {
    method: "POST",
    path: "/api/3.0/mlflow/traces",
    body: { trace: { trace_info: info } },
    purpose: `Writing the trace info of ${info.trace_id} to experiment ${experimentId}`,
    remedies: experimentRemedies(experimentId),
  });
};

/** Sends spans to any OTLP/HTTP endpoint, at its full URL. @throws {TracelakeError} `WORKSPACE_*` */
export const exportSpansToOtlp = async (
  connection: Connection,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Promise<SpansAnswer> =>
  readSpansAnswer(await request(connection, { method: "POST", path: "", headers, body, purpose: "Writing spans" }));
