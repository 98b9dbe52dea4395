import type { DuckDBConnection } from "@duckdb/node-api";
import {
  ErrorCode,
  locationKey,
  locationOfTable,
  quoteForMessage,
  tablesOf,
  TracelakeError,
  type LogsRequest,
  type MetricsRequest,
  type TraceRequest,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { appendRows, newSpans } from "./append.ts";
import type { Engine } from "./engine.ts";
import { logRows } from "./rows/logs.ts";
import { metricRows } from "./rows/metrics.ts";
import { spanRows } from "./rows/spans.ts";
import { locationDdl } from "./schema/ddl.ts";
import { generationOf } from "./schema/generation.ts";
import { writeTextPlaces } from "./traces/text-attributes.ts";
import { writeTraceInfos, type LocatedTraceInfo } from "./traces/trace-info.ts";

/** What became of the records of a request or a batch. */
export interface IngestReport {
  readonly stored: number;
  /** Spans that the table had already: they are never stored twice. */
  readonly duplicates: number;
  /** Spans without a trace id or a span id. */
  readonly rejected: number;
}

/** A decoded OTLP request. */
export type OtlpRequest =
  | { readonly signal: "spans"; readonly request: TraceRequest }
  | { readonly signal: "logs"; readonly request: LogsRequest }
  | { readonly signal: "metrics"; readonly request: MetricsRequest };

/**
 * The location that a table of telemetry belongs to.
 *
 * @throws {TracelakeError} `WORKSPACE_NOT_FOUND` where the name is not one of a location's tables.
 */
const locationOfTelemetryTable = (table: string, signal: "spans" | "logs" | "metrics"): UnityCatalogLocation => {
  const found = locationOfTable(table);
  if (found?.signal === signal) return found.location;
  throw new TracelakeError(ErrorCode.WORKSPACE_NOT_FOUND, {
    failed: `TABLE_DOES_NOT_EXIST: there is no table for ${signal} of this name`,
    seen: quoteForMessage(table),
    remedy: `Name "catalog.schema.mlflow_experiment_trace_otel_${signal}" or "catalog.schema.<prefix>_otel_${signal}".`,
    httpStatus: 404,
  });
};

/** Writes telemetry to the tables of locations, which are made when they are first used. */
export class Ingest {
  readonly #engine: Engine;
  readonly #ready = new Set<string>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Runs `work` as one transaction in which the location's tables exist. */
  async inLocation<T>(location: UnityCatalogLocation, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const key = locationKey(location);
    try {
      const result = await this.#engine.transaction(location.catalog, async (connection) => {
        if (!this.#ready.has(key)) for (const statement of locationDdl(location)) await connection.run(statement);
        return work(connection);
      });
      this.#ready.add(key);
      return result;
    } catch (error) {
      // A table that somebody dropped is made anew by the next attempt.
      this.#ready.delete(key);
      throw error;
    }
  }

  /** Stores one request, whole or not at all. */
  store(table: string, otlp: OtlpRequest): Promise<IngestReport> {
    const location = locationOfTelemetryTable(table, otlp.signal);
    return this.inLocation(location, (connection) => this.#write(connection, location, otlp));
  }

  async #write(connection: DuckDBConnection, location: UnityCatalogLocation, otlp: OtlpRequest): Promise<IngestReport> {
    if (otlp.signal === "spans") return writeSpans(connection, location, [otlp.request]);
    const stored =
      otlp.signal === "logs"
        ? await writeLogs(connection, location, [otlp.request])
        : await writeMetrics(connection, location, [otlp.request]);
    return { stored, duplicates: 0, rejected: 0 };
  }

  /** Stores the trace info of one trace; the latest counts. */
  storeTraceInfo(info: LocatedTraceInfo): Promise<void> {
    return this.inLocation(info.location, (connection) => writeTraceInfos(connection, info.location, [info]));
  }
}

/** Writes the spans of requests that the location does not have yet, within the connection's transaction. */
export const writeSpans = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  requests: readonly TraceRequest[],
): Promise<IngestReport> => {
  const generation = generationOf(location);
  const table = tablesOf(location).spans;
  const read = requests.map((request) => spanRows(request, generation));
  const spans = read.flatMap(({ rows }) => rows);
  const fresh = await newSpans(connection, table, spans);
  await appendRows(
    connection,
    { table, kind: "spans", generation },
    fresh.map(({ row }) => row),
  );
  await writeTextPlaces(connection, location, fresh);
  const rejected = read.reduce((sum, part) => sum + part.rejected, 0);
  return { stored: fresh.length, duplicates: spans.length - fresh.length, rejected };
};

/** Writes the records of requests, within the connection's transaction. @returns how many there were. */
export const writeLogs = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  requests: readonly LogsRequest[],
): Promise<number> => {
  const generation = generationOf(location);
  const rows = requests.flatMap((request) => logRows(request, generation));
  if (rows.length > 0) await appendRows(connection, { table: tablesOf(location).logs, kind: "logs", generation }, rows);
  return rows.length;
};

/** Writes the data points of requests, within the connection's transaction. @returns how many there were. */
export const writeMetrics = async (
  connection: DuckDBConnection,
  location: UnityCatalogLocation,
  requests: readonly MetricsRequest[],
): Promise<number> => {
  const generation = generationOf(location);
  const rows = requests.flatMap((request) => metricRows(request, generation));
  if (rows.length > 0)
    await appendRows(connection, { table: tablesOf(location).metrics, kind: "metrics", generation }, rows);
  return rows.length;
};
