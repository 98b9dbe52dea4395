import {
  formatLocation,
  HeaderName,
  locationPathSegment,
  tablesOf,
  type Signal,
  type UnityCatalogLocation,
  quoteQualifiedName,
} from "@tracelake/wire";
import type { RequestOptions } from "./request.ts";

/** Where and as what something is sent. */
export interface ExportRequest extends Pick<RequestOptions, "path" | "headers" | "purpose" | "remedies"> {
  /** Values of its headers that no message may repeat. */
  readonly secrets?: readonly string[];
}

const signalPaths: Readonly<Record<Signal, string>> = { spans: "v1/traces", logs: "v1/logs", metrics: "v1/metrics" };

const grantRemedy = (table: string): string =>
  `Run: GRANT MODIFY, SELECT ON TABLE ${quoteQualifiedName(table)} TO \`<principal>\`; ALL PRIVILEGES is not enough. USE CATALOG and USE SCHEMA are needed as well.`;

const missingTablesRemedy = (location: UnityCatalogLocation): string =>
  `Check that the trace location ${formatLocation(location)} was created and linked to an experiment, and that DATABRICKS_HOST is its workspace.`;

/**
 * An OTLP request to the table of a Unity Catalog location.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/trace-unity-catalog
 */
export const unityCatalogExport = (location: UnityCatalogLocation, signal: Signal): ExportRequest => {
  const table = tablesOf(location)[signal];
  return {
    path: `/api/2.0/otel/${signalPaths[signal]}`,
    headers: { [HeaderName.TABLE_NAME]: table },
    purpose: `Writing ${signal} to ${table}`,
    remedies: { 403: grantRemedy(table), 404: missingTablesRemedy(location) },
  };
};

/** The V4 call about one trace, without which tags, metadata and previews are not known. */
export const unityCatalogTraceInfo = (location: UnityCatalogLocation, otelTraceId: string): ExportRequest => ({
  path: `/api/4.0/mlflow/traces/${locationPathSegment(location)}/${encodeURIComponent(otelTraceId)}/info`,
  purpose: `Writing the trace info of ${otelTraceId} to ${formatLocation(location)}`,
  remedies: { 403: grantRemedy(tablesOf(location).spans), 404: missingTablesRemedy(location) },
});

const experimentRemedies = (experimentId: string) =>
  ({
    403: `Give the owner of the credentials EDIT on experiment ${experimentId}.`,
    404: `Check that experiment ${experimentId} exists, and that the server is MLflow 3.4 or newer.`,
  }) as const;

/** An OTLP trace request to an MLflow server, which takes spans only. */
export const mlflowServerExport = (experimentId: string): ExportRequest => ({
  path: `/${signalPaths.spans}`,
  headers: { [HeaderName.EXPERIMENT_ID]: experimentId },
  purpose: `Writing spans to experiment ${experimentId}`,
  remedies: experimentRemedies(experimentId),
});

/** The V3 call about one trace. Its body is `{ trace: { trace_info } }`. */
export const mlflowServerTraceInfo = (experimentId: string): ExportRequest => ({
  path: "/api/3.0/mlflow/traces",
  purpose: `Writing a trace info to experiment ${experimentId}`,
  remedies: experimentRemedies(experimentId),
});

/** An OTLP request to any endpoint, with its credentials in `headers`; the connection's base URL is the full address of the signal. */
export const otlpExport = (headers: Readonly<Record<string, string>>, signal: Signal): ExportRequest => ({
  path: "",
  headers,
  secrets: Object.values(headers),
  purpose: `Writing ${signal}`,
});

/** The address of another signal beside an endpoint's `…/v1/traces`, as OpenTelemetry's exporters name them. */
export const otlpEndpointOf = (tracesEndpoint: string, signal: Signal): string =>
  tracesEndpoint.endsWith(`/${signalPaths.spans}`)
    ? `${tracesEndpoint.slice(0, -signalPaths.spans.length)}${signalPaths[signal]}`
    : tracesEndpoint;
