import type { TraceInfo, UnityCatalogLocation } from "@tracelake/wire";
import type { Connection } from "./connection.ts";
import { readExportAnswer, type ExportAnswer } from "./export-answer.ts";
import { unityCatalogExport, unityCatalogTraceInfo } from "./export-requests.ts";
import { request } from "./request.ts";

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
): Promise<ExportAnswer> => {
  const answer = await request(connection, { method: "POST", ...unityCatalogExport(location, "spans"), body });
  return readExportAnswer(answer);
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
  await request(connection, { method: "POST", ...unityCatalogTraceInfo(location, info.trace_id), body: info });
};
