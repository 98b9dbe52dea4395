import type { RowsCase } from "./case.ts";

/** What people ask of traces: the documentation's queries, attributes of both generations, events, annotations. */
export const traceCases: readonly RowsCase[] = [
  {
    sql: `SELECT trace_id, name AS root_span_name, (end_time_unix_nano - start_time_unix_nano) / 1e9 AS duration_seconds
FROM my_catalog.my_schema.mlflow_experiment_trace_otel_spans
WHERE parent_span_id IS NULL AND (end_time_unix_nano - start_time_unix_nano) / 1e9 > 10
ORDER BY duration_seconds DESC LIMIT 20;`,
    columns: ["trace_id", "root_span_name", "duration_seconds"],
    rows: [
      ["t1", "agent", 12],
      ["t2", "agent", 11],
    ],
    notes: 0,
  },
  {
    sql: `SELECT name, COUNT(*) AS total, SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) AS errors,
       ROUND(SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) AS error_pct
FROM my_catalog.my_schema.mlflow_experiment_trace_otel_spans
GROUP BY name HAVING COUNT(*) > 10 ORDER BY error_pct DESC;`,
    columns: ["name", "total", "errors", "error_pct"],
    rows: [],
    notes: 1,
  },
  {
    sql: `SELECT name, COUNT(*) AS total, SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) AS errors,
       ROUND(SUM(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) * 100.0 / COUNT(*), 2) AS error_pct
FROM my_catalog.my_schema.mlflow_experiment_trace_otel_spans
GROUP BY name HAVING COUNT(*) > 0 ORDER BY error_pct DESC, name`,
    rows: [
      ["tool", 1, 1, 100],
      ["agent", 3, 1, 33.33],
      ["job", 1, 0, 0],
      ["llm", 2, 0, 0],
    ],
    notes: 1,
  },
  {
    sql: "SELECT span_id FROM demo_otel_spans WHERE status.code = 'STATUS_CODE_ERROR' ORDER BY span_id",
    rows: [["c"], ["f"]],
    notes: 0,
  },
  {
    sql: "SELECT status_code FROM demo_otel_spans WHERE span_id IN ('a', 'c', 'g') ORDER BY span_id",
    columns: ["status_code"],
    rows: [["OK"], ["ERROR"], [null]],
    notes: 1,
  },
  {
    sql: "SELECT s.status_code AS state, count(*) FROM demo_otel_spans AS s GROUP BY s.status_code ORDER BY state",
    rows: [
      [null, 1],
      ["ERROR", 2],
      ["OK", 4],
    ],
    notes: 1,
  },
  {
    sql: "SELECT status_code, count(*) AS n FROM demo_otel_spans GROUP BY ALL ORDER BY n DESC",
    rows: [
      ["OK", 4],
      ["ERROR", 2],
      [null, 1],
    ],
  },
  {
    sql: "SELECT status.code AS status_code, count(*) FROM demo_otel_spans GROUP BY status_code ORDER BY status_code",
    rows: [
      [null, 1],
      ["STATUS_CODE_ERROR", 2],
      ["STATUS_CODE_OK", 4],
    ],
    notes: 0,
  },
  {
    sql: "SELECT status_code FROM numbers ORDER BY n",
    rows: [["x"], ["y"], [null]],
    notes: 0,
  },
  {
    sql: "SELECT n.status_code, s.status_code FROM demo_otel_spans s JOIN numbers n ON n.n = 1 WHERE s.status_code = 'ERROR' ORDER BY s.span_id",
    rows: [
      ["x", "ERROR"],
      ["x", "ERROR"],
    ],
    notes: 1,
  },
  {
    sql: "WITH e AS (SELECT * FROM demo_otel_spans) SELECT count(*) FROM e WHERE status_code = 'ERROR'",
    rows: [[2]],
    notes: 1,
  },
  {
    sql: "WITH e AS (SELECT 'mine' AS status_code FROM demo_otel_spans LIMIT 1) SELECT status_code FROM e",
    rows: [["mine"]],
    notes: 0,
  },
  {
    sql: "SELECT count(*) FROM numbers n WHERE EXISTS (SELECT 1 FROM demo_otel_spans WHERE status_code = 'ERROR' AND n.n = 1)",
    rows: [[1]],
    notes: 1,
  },
  {
    sql: "SELECT attributes:['mlflow.spanType']::string FROM demo_otel_spans ORDER BY span_id",
    columns: ["mlflow.spanType"],
    rows: [["AGENT"], ["CHAT_MODEL"], ["TOOL"], ["AGENT"], ["CHAT_MODEL"], ["AGENT"], [null]],
  },
  {
    sql: "SELECT attributes:`user.id`::string AS user, attributes:n::int AS n FROM demo_otel_spans WHERE parent_span_id IS NULL ORDER BY attributes:n::int",
    rows: [
      ["ann", 3],
      ["bob", 7],
      ["ann", 10],
    ],
  },
  {
    sql: "SELECT attributes:tags[0]::string, attributes:tags[1]::string, attributes:tags[2]::string, attributes:usage.input_tokens::int, attributes:usage['ratio']::double FROM demo_otel_spans WHERE span_id = 'a'",
    rows: [["x", "y", null, 10, 0.5]],
  },
  { sql: "SELECT attributes:['it\\'s']::string FROM demo_otel_spans WHERE span_id = 'f'", rows: [["quoted"]] },
  {
    sql: "SELECT attributes:usage::string FROM demo_otel_spans WHERE span_id = 'a'",
    rows: [['{"input_tokens":10,"ratio":0.5}']],
  },
  {
    sql: "SELECT attributes:n.deeper[3]::string, attributes:missing::int FROM demo_otel_spans WHERE span_id = 'a'",
    rows: [[null, null]],
  },
  {
    sql: "SELECT attributes:error::boolean, attributes:code::int + 1 FROM demo_otel_spans WHERE span_id = 'c'",
    rows: [[true, 505]],
  },
  {
    sql: "SELECT sum(attributes:['gen_ai.usage.input_tokens']::bigint) FROM demo_otel_spans WHERE time > TIMESTAMP '2024-05-01 09:00:00'",
    rows: [[150]],
  },
  {
    sql: "SELECT attributes:['mlflow.spanType']::string AS type, count(*) FROM demo_otel_spans GROUP BY attributes:['mlflow.spanType']::string ORDER BY count(*) DESC, type",
    rows: [
      ["AGENT", 3],
      ["CHAT_MODEL", 2],
      [null, 1],
      ["TOOL", 1],
    ],
  },
  {
    sql: "SELECT variant_get(attributes, '$.n', 'int'), variant_get(attributes, '$[\\'user.id\\']', 'string'), try_variant_get(attributes, '$.usage', 'int') FROM demo_otel_spans WHERE span_id = 'a'",
    rows: [[3, "ann", null]],
  },
  {
    sql: "SELECT attributes['mlflow.spanType'], attributes['nope'], attributes['n'] FROM mlflow_experiment_trace_otel_spans WHERE span_id = 'a'",
    rows: [["AGENT", null, "3"]],
  },
  {
    sql: "SELECT sum(CAST(attributes['gen_ai.usage.input_tokens'] AS BIGINT)) FROM mlflow_experiment_trace_otel_spans",
    rows: [[150]],
  },
  {
    sql: "SELECT element_at(attributes, 'user.id'), map_contains_key(attributes, 'n'), size(attributes) FROM mlflow_experiment_trace_otel_spans WHERE span_id = 'd'",
    rows: [["bob", true, 4]],
  },
  {
    sql: "SELECT get_json_object(attributes['usage'], '$.input_tokens'), attributes['usage']:ratio::double FROM mlflow_experiment_trace_otel_spans WHERE span_id = 'a'",
    rows: [["10", 0.5]],
  },
  {
    sql: "SELECT size(events), events[0].name, events[1].name, events[0].attributes:['exception.type']::string FROM demo_otel_spans WHERE size(events) > 0",
    rows: [[2, "exception", "retry", "Timeout"]],
  },
  {
    sql: "SELECT span_id, e.name FROM demo_otel_spans LATERAL VIEW explode(events) x AS e ORDER BY e.time_unix_nano",
    rows: [
      ["c", "exception"],
      ["c", "retry"],
    ],
  },
  {
    sql: "SELECT span_id, e.name FROM demo_otel_spans LATERAL VIEW OUTER explode(events) AS e WHERE span_id IN ('a', 'c') ORDER BY span_id, e.name",
    rows: [
      ["a", null],
      ["c", "exception"],
      ["c", "retry"],
    ],
  },
  {
    sql: "SELECT trace_id, a.assessment_name, a.feedback.value, a.rationale FROM demo_trace_metadata LATERAL VIEW explode(assessments) t AS a ORDER BY 2",
    rows: [
      ["t1", "safety", "no", "looked again"],
      ["t1", "tone", "good", null],
    ],
  },
  {
    sql: "SELECT trace_id, k, v FROM demo_trace_metadata LATERAL VIEW explode(trace_metadata) m AS k, v WHERE k = 'mlflow.trace.session' ORDER BY trace_id",
    rows: [
      ["t1", "mlflow.trace.session", "s1"],
      ["t2", "mlflow.trace.session", "s1"],
    ],
  },
  {
    sql: "SELECT trace_id, pos, a.assessment_name FROM demo_trace_metadata LATERAL VIEW posexplode(assessments) t AS pos, a ORDER BY pos",
    rows: [
      ["t1", 0, "safety"],
      ["t1", 1, "tone"],
    ],
  },
  {
    sql: "SELECT trace_id, a.assessment_name FROM demo_trace_metadata, LATERAL explode(assessments) AS t(a) ORDER BY a.assessment_name DESC",
    rows: [
      ["t1", "tone"],
      ["t1", "safety"],
    ],
  },
  {
    sql: "SELECT trace_metadata['mlflow.trace.tokenUsage']:total_tokens::int FROM demo_trace_metadata ORDER BY trace_id",
    rows: [[150], [null], [null]],
  },
  {
    sql: `SELECT target_id AS trace_id, name, CAST(value AS STRING) AS value, comment AS rationale, created_at FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY annotation_id ORDER BY updated_at DESC) rn FROM my_catalog.my_schema.demo_otel_annotations
  WHERE annotation_type='FEEDBACK' AND target_type='TRACE') WHERE rn=1 AND deleted_at IS NULL ORDER BY 1;`,
    rows: [
      ["t1", "safety", "no", "looked again", "2024-05-01 11:00:00"],
      ["t2", "relevance", "0.25", null, "2024-05-01 11:00:00"],
    ],
  },
  {
    sql: "SELECT annotation_id, value::string FROM demo_otel_annotations QUALIFY row_number() OVER (PARTITION BY annotation_id ORDER BY updated_at DESC) = 1 ORDER BY annotation_id",
    rows: [
      ["i1", "no"],
      ["i2", "0.25"],
      ["i3", "yes"],
    ],
  },
  {
    sql: "SELECT s.name, a.name, value::string FROM demo_otel_spans s JOIN demo_otel_annotations a ON s.trace_id = a.target_id AND a.target_type = 'TRACE' WHERE s.parent_span_id IS NULL AND a.deleted_at IS NULL AND a.annotation_id = 'i2'",
    rows: [["agent", "relevance", "0.25"]],
  },
  {
    sql: "SELECT service_name, name, COUNT(*) AS calls, AVG((end_time_unix_nano - start_time_unix_nano) / 1e6) AS avg_ms, PERCENTILE_APPROX((end_time_unix_nano - start_time_unix_nano) / 1e6, 0.95) AS p95 FROM demo_otel_spans GROUP BY service_name, name ORDER BY p95 DESC, name LIMIT 2",
    rows: [
      ["support", "agent", 3, 8500, 12000],
      ["support", "llm", 2, 3000, 4000],
    ],
  },
  {
    sql: "SELECT date_trunc('MINUTE', time) AS minute, count(*), count_if(status.code = 'STATUS_CODE_ERROR') FROM demo_otel_spans WHERE date = '2024-05-01' GROUP BY 1 ORDER BY 1",
    rows: [
      ["2024-05-01 10:00:00", 3, 1],
      ["2024-05-01 10:01:00", 2, 0],
      ["2024-05-01 10:03:00", 1, 1],
      ["2024-05-01 10:05:00", 1, 0],
    ],
  },
  {
    sql: "SELECT count(*) FROM demo_otel_spans WHERE time > current_timestamp() - INTERVAL 1 HOUR",
    rows: [[0]],
  },
  {
    sql: "SELECT max_by(span_id, end_time_unix_nano - start_time_unix_nano), min_by(name, start_time_unix_nano) FROM demo_otel_spans",
    rows: [["a", "agent"]],
  },
  {
    sql: "WITH RECURSIVE tree AS (SELECT span_id, 0 AS depth FROM demo_otel_spans WHERE trace_id = 't1' AND parent_span_id IS NULL UNION ALL SELECT s.span_id, t.depth + 1 FROM demo_otel_spans s JOIN tree t ON s.parent_span_id = t.span_id) SELECT * FROM tree ORDER BY depth, span_id",
    rows: [
      ["a", 0],
      ["b", 1],
      ["c", 1],
    ],
  },
  {
    sql: "SELECT timestamp_micros(start_time_unix_nano DIV 1000), (start_time_unix_nano / 1e9)::timestamp FROM demo_otel_spans WHERE span_id = 'b'",
    rows: [["2024-05-01 10:00:01", "2024-05-01 10:00:01"]],
  },
  {
    sql: "SELECT * EXCEPT (attributes, events, status, time, date) FROM demo_otel_spans WHERE span_id = 'g'",
    columns: [
      "service_name",
      "trace_id",
      "span_id",
      "parent_span_id",
      "name",
      "kind",
      "start_time_unix_nano",
      "end_time_unix_nano",
    ],
    rows: [["support", "t4", "g", "", "job", "SPAN_KIND_INTERNAL", 1714557900000000000, 1714557901000000000]],
  },
  {
    sql: "SELECT span_id FROM demo_otel_spans WHERE COALESCE(parent_span_id, '') = '' ORDER BY time DESC LIMIT 2 OFFSET 1",
    rows: [["f"], ["d"]],
  },
  {
    sql: "SELECT to_json(attributes:usage), to_json(attributes:tags) FROM demo_otel_spans WHERE span_id = 'a'",
    rows: [['{"input_tokens":10,"ratio":0.5}', '["x","y"]']],
  },
  {
    sql: "SELECT t FROM demo_otel_spans LATERAL VIEW explode(attributes:tags::array<string>) x AS t WHERE span_id = 'a' ORDER BY t",
    rows: [["x"], ["y"]],
  },
  {
    sql: "SELECT trace_id, sum(CASE WHEN status_code = 'ERROR' THEN 1 ELSE 0 END) OVER (PARTITION BY trace_id) AS errors FROM demo_otel_spans QUALIFY errors > 0 ORDER BY trace_id, span_id",
    rows: [
      ["t1", 1],
      ["t1", 1],
      ["t1", 1],
      ["t3", 1],
    ],
    notes: 1,
  },
];
