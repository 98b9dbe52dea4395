import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { DuckDBInstance, type DuckDBConnection, type JS } from "@duckdb/node-api";

import { createDatabricksTranslator, type SqlTranslator, type TranslatedStatement } from "../src/sql/dialect.ts";
import { connectionSetup } from "../src/sql/macros.ts";

const spans = (attributes: "VARIANT" | "MAP(VARCHAR, VARCHAR)", extra: string): string => `(
  ${extra} trace_id VARCHAR, span_id VARCHAR, parent_span_id VARCHAR, name VARCHAR, kind VARCHAR,
  start_time_unix_nano BIGINT, end_time_unix_nano BIGINT, attributes ${attributes},
  events STRUCT(time_unix_nano BIGINT, name VARCHAR, attributes ${attributes})[],
  status STRUCT(message VARCHAR, code VARCHAR))`;

/**
 * Four traces. Times are whole seconds from 2024-05-01 10:00:00 UTC (1714557600). Trace t1 takes 12 s and fails in a
 * tool, t2 takes 11 s, t3 takes 2.5 s, and t4 is a single span without attributes and status.
 */
const rows: readonly (readonly [
  string,
  string,
  string | null,
  string,
  number,
  number,
  string | null,
  string | null,
])[] = [
  [
    "t1",
    "a",
    null,
    "agent",
    0,
    12,
    '{"mlflow.spanType":"AGENT","user.id":"ann","n":3,"tags":["x","y"],"usage":{"input_tokens":10,"ratio":0.5}}',
    "OK",
  ],
  [
    "t1",
    "b",
    "a",
    "llm",
    1,
    5,
    '{"mlflow.spanType":"CHAT_MODEL","gen_ai.usage.input_tokens":100,"temperature":0.7}',
    "OK",
  ],
  ["t1", "c", "a", "tool", 5, 6, '{"mlflow.spanType":"TOOL","error":true,"code":"504"}', "ERROR"],
  ["t2", "d", null, "agent", 100, 111, '{"mlflow.spanType":"AGENT","user.id":"bob","n":7,"tags":[]}', "OK"],
  ["t2", "e", "d", "llm", 101, 103, '{"mlflow.spanType":"CHAT_MODEL","gen_ai.usage.input_tokens":50}', "OK"],
  [
    "t3",
    "f",
    null,
    "agent",
    200,
    202.5,
    '{"mlflow.spanType":"AGENT","user.id":"ann","n":10,"it\'s":"quoted"}',
    "ERROR",
  ],
  ["t4", "g", "", "job", 300, 301, null, null],
];

const quote = (text: string | null): string => (text === null ? "NULL" : `'${text.replaceAll("'", "''")}'`);
const startSeconds = 1_714_557_600;

const spanValues = (generation: 1 | 2): string =>
  rows
    .map(([trace, span, parent, name, start, end, attributes, code]) => {
      const json = `${quote(attributes)}::JSON`;
      const value = generation === 2 ? `${json}::VARIANT` : `CAST(${json} AS MAP(VARCHAR, VARCHAR))`;
      const event =
        generation === 2 ? `'{"exception.type":"Timeout"}'::JSON::VARIANT` : "MAP {'exception.type': 'Timeout'}";
      const nanos = (seconds: number): string =>
        String(BigInt(Math.round((startSeconds + seconds) * 1000)) * 1_000_000n);
      const events =
        code === "ERROR" && span === "c"
          ? `[{'time_unix_nano': ${nanos(5)}, 'name': 'exception', 'attributes': ${event}}, {'time_unix_nano': ${nanos(6)}, 'name': 'retry', 'attributes': NULL}]`
          : "[]";
      const status = code === null ? "NULL" : `{'message': NULL, 'code': 'STATUS_CODE_${code}'}`;
      const time = `make_timestamp(${nanos(start)} // 1000)`;
      const extra = generation === 2 ? `${time}, CAST(${time} AS DATE), 'support', ` : "";
      return `(${extra}${quote(trace)}, ${quote(span)}, ${quote(parent)}, ${quote(name)}, 'SPAN_KIND_INTERNAL', ${nanos(start)}, ${nanos(end)}, ${value}, ${events}, ${status})`;
    })
    .join(",\n");

const statements = (file: string): string[] => [
  `ATTACH '${file}' AS my_catalog (STORAGE_VERSION 'v1.5.0')`,
  "CREATE SCHEMA my_catalog.my_schema",
  "USE my_catalog.my_schema",
  `CREATE TABLE demo_otel_spans ${spans("VARIANT", "time TIMESTAMP, date DATE, service_name VARCHAR,")}`,
  `INSERT INTO demo_otel_spans VALUES ${spanValues(2)}`,
  `CREATE TABLE mlflow_experiment_trace_otel_spans ${spans("MAP(VARCHAR, VARCHAR)", "")}`,
  `INSERT INTO mlflow_experiment_trace_otel_spans VALUES ${spanValues(1)}`,
  `CREATE TABLE demo_otel_annotations (annotation_id VARCHAR, target_type VARCHAR, target_id VARCHAR, annotation_type VARCHAR, name VARCHAR, value VARIANT, comment VARCHAR, created_at TIMESTAMP, updated_at TIMESTAMP, deleted_at TIMESTAMP)`,
  `INSERT INTO demo_otel_annotations VALUES
    ('i1', 'TRACE', 't1', 'FEEDBACK', 'safety', '"yes"'::JSON::VARIANT, 'fine', '2024-05-01 11:00:00', '2024-05-01 11:00:00', NULL),
    ('i1', 'TRACE', 't1', 'FEEDBACK', 'safety', '"no"'::JSON::VARIANT, 'looked again', '2024-05-01 11:00:00', '2024-05-01 12:00:00', NULL),
    ('i2', 'TRACE', 't2', 'FEEDBACK', 'relevance', '0.25'::JSON::VARIANT, NULL, '2024-05-01 11:00:00', '2024-05-01 11:00:00', NULL),
    ('i3', 'TRACE', 't3', 'FEEDBACK', 'safety', '"yes"'::JSON::VARIANT, NULL, '2024-05-01 11:00:00', '2024-05-01 11:30:00', '2024-05-01 11:30:00')`,
  `CREATE TABLE demo_trace_metadata (trace_id VARCHAR, trace_metadata MAP(VARCHAR, VARCHAR), assessments STRUCT(assessment_name VARCHAR, feedback STRUCT(value VARCHAR), rationale VARCHAR)[])`,
  `INSERT INTO demo_trace_metadata VALUES
    ('t1', MAP {'mlflow.trace.tokenUsage': '{"input_tokens":110,"total_tokens":150}', 'mlflow.trace.session': 's1'}, [{'assessment_name': 'safety', 'feedback': {'value': 'no'}, 'rationale': 'looked again'}, {'assessment_name': 'tone', 'feedback': {'value': 'good'}, 'rationale': NULL}]),
    ('t2', MAP {'mlflow.trace.session': 's1'}, []),
    ('t3', NULL, NULL)`,
  "CREATE TABLE numbers (n INTEGER, d DOUBLE, s VARCHAR, status_code VARCHAR, day DATE)",
  `INSERT INTO numbers VALUES (1, 0.5, 'a', 'x', '2024-01-31'), (2, 2.5, 'B', 'y', '2024-02-29'), (3, NULL, NULL, NULL, NULL)`,
  "COMMENT ON COLUMN numbers.n IS 'a number'",
  "CREATE TABLE my_catalog.main.table_properties (table_catalog VARCHAR, table_schema VARCHAR, table_name VARCHAR, key VARCHAR, value VARCHAR)",
  "INSERT INTO my_catalog.main.table_properties VALUES ('my_catalog', 'my_schema', 'demo_otel_spans', 'otel.schemaVersion', 'v2'), ('my_catalog', 'my_schema', 'demo_otel_spans', 'delta.checkpointPolicy', 'classic')",
];

/** A row as the corpus writes it: columns as DuckDB gives them to JavaScript, times and decimals as text. */
export type Cell = string | number | boolean | null | readonly Cell[] | { readonly [name: string]: Cell };

const toCell = (value: JS | object): Cell => {
  if (value instanceof Date)
    return value
      .toISOString()
      .replace("T", " ")
      .replace(/(?:\.000)?Z$/, "");
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map((item: JS) => toCell(item));
  return Object.fromEntries(Object.entries(value).map(([name, item]: [string, JS]) => [name, toCell(item)]));
};

/** A small workspace on a file of its own, with the tables of both generations. */
export interface Corpus {
  readonly translator: SqlTranslator;
  readonly connection: DuckDBConnection;
  /** Translates and runs; the rows and columns of the last statement. */
  run(sql: string, parameters?: Record<string, string | number> | (string | number)[]): Promise<CorpusAnswer>;
  close(): Promise<void>;
}

export interface CorpusAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly statements: readonly TranslatedStatement[];
  readonly notes: readonly string[];
}

const context = {
  catalog: "my_catalog",
  schema: "my_schema",
  user: "ann@example.com",
  propertiesRelation: "my_catalog.main.table_properties",
};

export const openCorpus = async (): Promise<Corpus> => {
  const directory = await mkdtemp(path.join(tmpdir(), "tracelake-sql-"));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  for (const sql of [...statements(path.join(directory, "corpus.duckdb")), ...connectionSetup])
    await connection.run(sql);
  const translator = await createDatabricksTranslator();
  return {
    translator,
    connection,
    run: async (sql, parameters) => {
      const { statements: translated } = translator.translate(sql, context);
      let answer: Pick<CorpusAnswer, "columns" | "rows"> = { columns: [], rows: [] };
      for (const statement of translated) {
        const reader = await connection.runAndReadAll(statement.sql, parameters);
        answer = { columns: reader.columnNames(), rows: reader.getRowsJS().map((row) => row.map(toCell)) };
      }
      return { ...answer, statements: translated, notes: translated.flatMap(({ notes }) => notes) };
    },
    close: async () => {
      connection.closeSync();
      instance.closeSync();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
