import { SpanAttributeKey, type UnityCatalogLocation } from "@tracelake/wire";
import type { TableGeneration } from "../set-up/table-generation.ts";
import type { SqlValue } from "../sql/sql-client.ts";
import { queryTables, type QueryTables } from "./query-tables.ts";

/** Which tables a ready query reads, and how much of them. */
export interface ReadyQueryOptions {
  readonly location: UnityCatalogLocation;
  /** The generation of the location's tables; see `getTableFacts` and `generationOf`. */
  readonly generation: TableGeneration;
  /** Only what started at or after this. Default 24 hours ago. */
  readonly since?: Date;
  /** The most rows. Default 20. */
  readonly limit?: number;
  /** For slow traces: how many seconds are slow. Default 10. */
  readonly slowSeconds?: number;
  /** For quality: the length of a period. Default `"day"`. */
  readonly period?: "hour" | "day";
}

/** A statement with the values for its parameters. */
export interface ReadyStatement {
  readonly statement: string;
  readonly parameters: Readonly<Record<string, SqlValue>>;
}

/** The names of {@link readyQueries}. */
export type ReadyQueryName = "slow" | "errors" | "tokens" | "latency" | "tools" | "assessments" | "quality";

/** A question that is asked of traces again and again. */
export interface ReadyQuery {
  readonly name: ReadyQueryName;
  readonly description: string;
  /** The statement in Databricks SQL, for tables of either generation. */
  readonly build: (options: ReadyQueryOptions) => ReadyStatement;
}

const dayMillis = 86_400_000;
const isRoot = "COALESCE(parent_span_id, '') = ''";
const millis = "(end_time_unix_nano - start_time_unix_nano) / 1e6";
const isError = "status.code = 'STATUS_CODE_ERROR'";
const costKey = "mlflow.llm.cost";

const percentile = (share: number): string => `ROUND(PERCENTILE_APPROX(${millis}, ${share}), 1)`;

type Writer = (tables: QueryTables, options: ReadyQueryOptions) => string;

const query = (
  name: ReadyQueryName,
  description: string,
  write: Writer,
  more: (options: ReadyQueryOptions) => Record<string, SqlValue> = () => ({}),
): ReadyQuery => ({
  name,
  description,
  build: (options) => ({
    statement: `${write(queryTables(options.location, options.generation), options)}\nLIMIT ${Math.trunc(options.limit ?? 20)}`,
    parameters: { since: options.since ?? new Date(Date.now() - dayMillis), ...more(options) },
  }),
});

const slow = query(
  "slow",
  "traces that took longest",
  (tables) => `SELECT trace_id, name, ROUND((end_time_unix_nano - start_time_unix_nano) / 1e9, 3) AS seconds,
  status.code AS status, TIMESTAMP_MICROS(start_time_unix_nano DIV 1000) AS started
FROM ${tables.spans(`${isRoot} AND (end_time_unix_nano - start_time_unix_nano) / 1e9 >= :seconds`)} slow
ORDER BY seconds DESC`,
  ({ slowSeconds = 10 }) => ({ seconds: { type: "DOUBLE", value: String(slowSeconds) } }),
);

const errors = query(
  "errors",
  "how often each kind of span fails",
  (
    tables,
  ) => `SELECT name, COALESCE(${tables.attribute(SpanAttributeKey.SPAN_TYPE)}, 'UNKNOWN') AS span_type, COUNT(*) AS spans,
  COUNT_IF(${isError}) AS errors, ROUND(100.0 * COUNT_IF(${isError}) / COUNT(*), 2) AS error_pct,
  MAX(CASE WHEN ${isError} THEN SUBSTRING(status.message, 1, 120) END) AS example
FROM ${tables.spans()} spans
GROUP BY 1, 2 HAVING COUNT_IF(${isError}) > 0
ORDER BY error_pct DESC, errors DESC, name`,
);

// A span's usage counts for the spans below it: a framework's span and the client's span below it both report one call.
const tokens = query("tokens", "tokens and cost by model", (tables) => {
  const callsOnly = tables.spans(`${tables.attribute(SpanAttributeKey.TOKEN_USAGE)} IS NOT NULL`);
  const count = (field: string): string => `SUM(CAST(GET_JSON_OBJECT(usage, '$.${field}') AS BIGINT))`;
  return `SELECT model, COUNT(*) AS calls, ${count("input_tokens")} AS input_tokens, ${count("output_tokens")} AS output_tokens,
  ${count("total_tokens")} AS total_tokens, ROUND(SUM(CAST(GET_JSON_OBJECT(cost, '$.total_cost') AS DOUBLE)), 6) AS cost_usd
FROM (
  SELECT COALESCE(${tables.attribute(SpanAttributeKey.MODEL, "s")}, '(not recorded)') AS model,
    ${tables.attribute(SpanAttributeKey.TOKEN_USAGE, "s")} AS usage, ${tables.attribute(costKey, "s")} AS cost
  FROM ${callsOnly} s
  LEFT JOIN ${callsOnly} p ON p.trace_id = s.trace_id AND p.span_id = s.parent_span_id
  WHERE p.span_id IS NULL
) calls
GROUP BY model
ORDER BY total_tokens DESC`;
});

const latency = query(
  "latency",
  "how long spans of each type take",
  (
    tables,
  ) => `SELECT COALESCE(${tables.attribute(SpanAttributeKey.SPAN_TYPE)}, 'UNKNOWN') AS span_type, COUNT(*) AS spans,
  ${percentile(0.5)} AS p50_ms, ${percentile(0.95)} AS p95_ms, ${percentile(0.99)} AS p99_ms, ROUND(MAX(${millis}), 1) AS max_ms
FROM ${tables.spans("end_time_unix_nano > 0")} spans
GROUP BY 1
ORDER BY p95_ms DESC`,
);

const tools = query(
  "tools",
  "calls, failures and latency of each tool",
  (tables) => `SELECT name, COUNT(*) AS calls, COUNT_IF(${isError}) AS errors,
  ROUND(100.0 * COUNT_IF(${isError}) / COUNT(*), 2) AS error_pct, ${percentile(0.5)} AS p50_ms, ${percentile(0.99)} AS p99_ms
FROM ${tables.spans(`${tables.attribute(SpanAttributeKey.SPAN_TYPE)} = 'TOOL'`)} tools
GROUP BY name
ORDER BY calls DESC, name`,
);

const yes = (value: string): string => `COUNT_IF(LOWER(TRIM(BOTH '"' FROM ${value})) IN ('yes', 'true', 'pass'))`;
const no = (value: string): string => `COUNT_IF(LOWER(TRIM(BOTH '"' FROM ${value})) IN ('no', 'false', 'fail'))`;

// Feedback that another one stands in for counts no more.
const isCurrent = "a.feedback IS NOT NULL AND a.create_time >= :since AND COALESCE(a.valid, 'true') <> 'false'";

const assessments = query(
  "assessments",
  "feedback of judges, code and people by day",
  (
    tables,
  ) => `SELECT DATE(a.create_time) AS day, a.assessment_name AS name, a.source.source_type AS source, COUNT(*) AS total,
  ${yes("a.feedback.value")} AS positive,
  ${no("a.feedback.value")} AS negative,
  ROUND(AVG(TRY_CAST(a.feedback.value AS DOUBLE)), 3) AS mean
FROM ${tables.metadataView} LATERAL VIEW EXPLODE(assessments) t AS a
WHERE ${isCurrent}
GROUP BY 1, 2, 3
ORDER BY day DESC, name, source`,
);

// People's opinions are kept apart: they are few, and of chosen traces.
const quality = query(
  "quality",
  "how many judgements of each scorer pass, by day or hour",
  (
    tables,
    { period = "day" },
  ) => `SELECT scorer, period, judged, passed, ROUND(100.0 * passed / NULLIF(judged, 0), 1) AS pass_pct, errors
FROM (
  SELECT a.assessment_name AS scorer, DATE_TRUNC('${period}', a.create_time) AS period,
    ${yes("a.feedback.value")} + ${no("a.feedback.value")} AS judged, ${yes("a.feedback.value")} AS passed,
    COUNT_IF(a.feedback.error IS NOT NULL) AS errors
  FROM ${tables.metadataView} LATERAL VIEW EXPLODE(assessments) t AS a
  WHERE ${isCurrent} AND COALESCE(a.source.source_type, '') <> 'HUMAN'
  GROUP BY 1, 2
) by_period
WHERE judged + errors > 0
ORDER BY scorer, period`,
);

const byName: Readonly<Record<ReadyQueryName, ReadyQuery>> = {
  slow,
  errors,
  tokens,
  latency,
  tools,
  assessments,
  quality,
};

/** The one of {@link readyQueries} with this name. */
export const readyQuery = (name: ReadyQueryName): ReadyQuery => byName[name];

/**
 * Questions that are asked of traces again and again, in Databricks SQL for both generations of tables. Times are those of
 * the spans; a trace's root is whatever has no parent.
 */
export const readyQueries: readonly ReadyQuery[] = Object.values(byName);
