import type { RowsCase } from "./case.ts";

/** Looking around, sessions, views and deletion. */
export const commandCases: readonly RowsCase[] = [
  { sql: "SHOW CATALOGS", columns: ["catalog"], rows: [["my_catalog"]] },
  { sql: "SHOW SCHEMAS", columns: ["databaseName"], rows: [["main"], ["my_schema"]] },
  { sql: "SHOW DATABASES IN my_catalog LIKE 'my*'", rows: [["my_schema"]] },
  {
    sql: "SHOW TABLES IN my_catalog.my_schema LIKE 'demo*|num*'",
    columns: ["database", "tableName", "isTemporary"],
    rows: [
      ["my_schema", "demo_otel_annotations", false],
      ["my_schema", "demo_otel_spans", false],
      ["my_schema", "demo_trace_metadata", false],
      ["my_schema", "numbers", false],
    ],
  },
  { sql: "CREATE VIEW w AS SELECT 1 AS a; SHOW VIEWS IN my_schema", rows: [["my_schema", "w", false, false]] },
  { sql: "SHOW COLUMNS IN numbers", columns: ["col_name"], rows: [["n"], ["d"], ["s"], ["status_code"], ["day"]] },
  {
    sql: "SHOW TBLPROPERTIES my_catalog.my_schema.demo_otel_spans",
    columns: ["key", "value"],
    rows: [
      ["delta.checkpointPolicy", "classic"],
      ["otel.schemaVersion", "v2"],
    ],
  },
  { sql: "SHOW TBLPROPERTIES demo_otel_spans ('otel.schemaVersion')", rows: [["otel.schemaVersion", "v2"]] },
  {
    sql: "DESCRIBE TABLE demo_otel_spans",
    columns: ["col_name", "data_type", "comment"],
    rows: [
      ["time", "timestamp", null],
      ["date", "date", null],
      ["service_name", "string", null],
      ["trace_id", "string", null],
      ["span_id", "string", null],
      ["parent_span_id", "string", null],
      ["name", "string", null],
      ["kind", "string", null],
      ["start_time_unix_nano", "bigint", null],
      ["end_time_unix_nano", "bigint", null],
      ["attributes", "variant", null],
      ["events", "array<struct<time_unix_nano:bigint,name:string,attributes:variant>>", null],
      ["status", "struct<message:string,code:string>", null],
    ],
  },
  {
    sql: "DESC my_schema.numbers",
    rows: [
      ["n", "int", "a number"],
      ["d", "double", null],
      ["s", "string", null],
      ["status_code", "string", null],
      ["day", "date", null],
    ],
  },
  {
    sql: "DESCRIBE EXTENDED demo_trace_metadata",
    rows: [
      ["trace_id", "string", null],
      ["trace_metadata", "map<string,string>", null],
      ["assessments", "array<struct<assessment_name:string,feedback:struct<value:string>,rationale:string>>", null],
      ["", "", ""],
      ["# Detailed Table Information", "", ""],
      ["Catalog", "my_catalog", ""],
      ["Database", "my_schema", ""],
      ["Table", "demo_trace_metadata", ""],
      ["Type", "MANAGED", ""],
    ],
  },
  {
    sql: "SELECT table_name, table_type FROM my_catalog.information_schema.tables WHERE table_schema = 'my_schema' AND table_name LIKE 'n%'",
    rows: [["numbers", "MANAGED"]],
  },
  {
    sql: "SELECT c.column_name, c.data_type, c.full_data_type, c.ordinal_position FROM information_schema.columns AS c WHERE c.table_name = 'numbers' ORDER BY 4 LIMIT 2",
    rows: [
      ["n", "INT", "int", 0],
      ["d", "DOUBLE", "double", 1],
    ],
  },
  { sql: "SELECT count(*) FROM system.information_schema.schemata WHERE schema_name = 'my_schema'", rows: [[1]] },
  { sql: "USE CATALOG my_catalog; USE SCHEMA my_schema; SELECT count(*) FROM numbers", rows: [[3]] },
  { sql: "USE my_catalog.my_schema; SELECT current_schema()", rows: [["my_schema"]] },
  {
    sql: "CREATE OR REPLACE VIEW my_catalog.my_schema.errors AS SELECT span_id, attributes:code::int AS code FROM demo_otel_spans WHERE status_code = 'ERROR'; SELECT code FROM errors WHERE code IS NOT NULL",
    rows: [[504]],
    notes: 1,
  },
  { sql: "CREATE TEMPORARY VIEW t (x) AS SELECT n FROM numbers; SELECT max(x) FROM t", rows: [[3]] },
  {
    sql: "CREATE VIEW gone AS SELECT 1; DROP VIEW gone; SELECT count(*) FROM information_schema.tables WHERE table_name = 'gone'",
    rows: [[0]],
  },
  {
    sql: "DELETE FROM demo_otel_spans WHERE status_code = 'ERROR'; SELECT count(*) FROM demo_otel_spans",
    rows: [[5]],
    notes: 1,
  },
  {
    sql: "DELETE FROM my_catalog.my_schema.demo_otel_spans AS s WHERE s.trace_id = 't1'; SELECT count(*) FROM demo_otel_spans",
    rows: [[4]],
  },
];
