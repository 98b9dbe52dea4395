import { tablesOf, type UnityCatalogLocation, quoteQualifiedName } from "@tracelake/wire";
import type { TableGeneration } from "../set-up/table-generation.ts";

/** The tables of a location as statements of Databricks SQL need them. */
export interface QueryTables {
  /**
   * The spans that started at or after `:since`, each once: what was sent twice, because an answer was lost, is stored
   * twice.
   */
  readonly spans: (condition?: string) => string;
  readonly metadataView: string;
  /** An attribute of a span as text; structured ones are JSON. */
  readonly attribute: (key: string, alias?: string) => string;
}

const quoteText = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const prefixed = (alias: string | undefined, name: string): string => (alias === undefined ? name : `${alias}.${name}`);

/** @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/observe-with-traces/query-dbsql */
export const queryTables = (location: UnityCatalogLocation, generation: TableGeneration): QueryTables => {
  const { spans, metadataView } = tablesOf(location);
  // The second generation is clustered by `time`; the first has no such column.
  const since = generation === "v2" ? "time >= :since" : "start_time_unix_nano >= UNIX_MICROS(:since) * 1000";
  return {
    spans: (condition) => `(
  SELECT * FROM ${quoteQualifiedName(spans)}
  WHERE ${since}${condition === undefined ? "" : ` AND ${condition}`}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY trace_id, span_id ORDER BY end_time_unix_nano DESC) = 1
)`,
    metadataView: quoteQualifiedName(metadataView),
    // MLflow's TypeScript client writes text as JSON text, with quotes around it.
    attribute: (key, alias) => {
      const value = prefixed(
        alias,
        generation === "v1" ? `attributes[${quoteText(key)}]` : `attributes:[${quoteText(key)}]::STRING`,
      );
      return `TRIM(BOTH '"' FROM ${value})`;
    },
  };
};
