"""Records what Apache Spark answers to the statements of spark.jsonl, and says where the recorded rows differ.

Spark is too large for every run of the tests: use this by hand, with `pip install pyspark==4.0.1` and Java 17.
Add a line `{"sql": "..."}` to the file and run it; rows that are there already are compared, missing ones are written.
"""

import datetime
import decimal
import json
import math
import os
import pathlib
import time

from pyspark.sql import Row, SparkSession

FILE = pathlib.Path(__file__).with_name("spark.jsonl")
START = 1_714_557_600

# The rows of sql-corpus-fixture.ts.
SPANS = [
    ("t1", "a", None, "agent", 0, 12, '{"mlflow.spanType":"AGENT","user.id":"ann","n":3,"tags":["x","y"],"usage":{"input_tokens":10,"ratio":0.5}}', "OK"),
    ("t1", "b", "a", "llm", 1, 5, '{"mlflow.spanType":"CHAT_MODEL","gen_ai.usage.input_tokens":100,"temperature":0.7}', "OK"),
    ("t1", "c", "a", "tool", 5, 6, '{"mlflow.spanType":"TOOL","error":true,"code":"504"}', "ERROR"),
    ("t2", "d", None, "agent", 100, 111, '{"mlflow.spanType":"AGENT","user.id":"bob","n":7,"tags":[]}', "OK"),
    ("t2", "e", "d", "llm", 101, 103, '{"mlflow.spanType":"CHAT_MODEL","gen_ai.usage.input_tokens":50}', "OK"),
    ("t3", "f", None, "agent", 200, 202.5, '{"mlflow.spanType":"AGENT","user.id":"ann","n":10,"it\'s":"quoted"}', "ERROR"),
    ("t4", "g", "", "job", 300, 301, None, None),
]

ANNOTATIONS = """VALUES
  ('i1', 'TRACE', 't1', 'FEEDBACK', 'safety', parse_json('"yes"'), 'fine', TIMESTAMP'2024-05-01 11:00:00', TIMESTAMP'2024-05-01 11:00:00', CAST(NULL AS TIMESTAMP)),
  ('i1', 'TRACE', 't1', 'FEEDBACK', 'safety', parse_json('"no"'), 'looked again', TIMESTAMP'2024-05-01 11:00:00', TIMESTAMP'2024-05-01 12:00:00', NULL),
  ('i2', 'TRACE', 't2', 'FEEDBACK', 'relevance', parse_json('0.25'), NULL, TIMESTAMP'2024-05-01 11:00:00', TIMESTAMP'2024-05-01 11:00:00', NULL),
  ('i3', 'TRACE', 't3', 'FEEDBACK', 'safety', parse_json('"yes"'), NULL, TIMESTAMP'2024-05-01 11:00:00', TIMESTAMP'2024-05-01 11:30:00', TIMESTAMP'2024-05-01 11:30:00')
  AS t(annotation_id, target_type, target_id, annotation_type, name, value, comment, created_at, updated_at, deleted_at)"""

ASSESSMENTS = """array(
  named_struct('assessment_name', 'safety', 'feedback', named_struct('value', 'no'), 'rationale', 'looked again'),
  named_struct('assessment_name', 'tone', 'feedback', named_struct('value', 'good'), 'rationale', CAST(NULL AS STRING)))"""

METADATA = f"""
  SELECT 't1' AS trace_id, map('mlflow.trace.tokenUsage', '{{"input_tokens":110,"total_tokens":150}}', 'mlflow.trace.session', 's1') AS trace_metadata, {ASSESSMENTS} AS assessments
  UNION ALL SELECT 't2', map('mlflow.trace.session', 's1'), filter({ASSESSMENTS}, a -> false)
  UNION ALL SELECT 't3', NULL, NULL"""

NUMBERS = """VALUES (1, 0.5D, 'a', 'x', DATE'2024-01-31'), (2, 2.5D, 'B', 'y', DATE'2024-02-29'),
  (3, CAST(NULL AS DOUBLE), NULL, NULL, NULL) AS t(n, d, s, status_code, day)"""


def quoted(text):
    return "NULL" if text is None else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def attributes(text, is_variant):
    if is_variant:
        return f"parse_json({quoted(text)})"
    if text is None:
        return "CAST(NULL AS MAP<STRING, STRING>)"
    plain = {k: v if isinstance(v, str) else json.dumps(v, separators=(",", ":")) for k, v in json.loads(text).items()}
    return f"map({', '.join(quoted(part) for entry in plain.items() for part in entry)})"


def spans(is_variant):
    def nanos(seconds):
        return f"{round((START + seconds) * 1000) * 1_000_000}L"

    def event(seconds, name, text):
        return f"named_struct('time_unix_nano', {nanos(seconds)}, 'name', '{name}', 'attributes', {attributes(text, is_variant)})"

    timeout = '{"exception.type":"Timeout"}'
    two = f"array({event(5, 'exception', timeout)}, {event(6, 'retry', None)})"
    selects = []
    for trace, span, parent, name, start, end, text, code in SPANS:
        moment = f"timestamp_micros({nanos(start)} DIV 1000)"
        own = f"{moment} AS time, CAST({moment} AS DATE) AS date, 'support' AS service_name, " if is_variant else ""
        status = "NULL" if code is None else f"named_struct('message', CAST(NULL AS STRING), 'code', 'STATUS_CODE_{code}')"
        events = two if span == "c" else f"filter({two}, e -> false)"
        selects.append(
            f"SELECT {own}{quoted(trace)} AS trace_id, {quoted(span)} AS span_id, {quoted(parent)} AS parent_span_id, "
            f"{quoted(name)} AS name, 'SPAN_KIND_INTERNAL' AS kind, {nanos(start)} AS start_time_unix_nano, "
            f"{nanos(end)} AS end_time_unix_nano, {attributes(text, is_variant)} AS attributes, {events} AS events, {status} AS status"
        )
    return " UNION ALL ".join(selects)


def cell(value):
    """As the tests write a cell: times and dates as text, decimals as numbers."""
    if isinstance(value, Row):
        return {name: cell(part) for name, part in value.asDict().items()}
    if isinstance(value, dict):
        return {str(name): cell(part) for name, part in value.items()}
    if isinstance(value, list):
        return [cell(part) for part in value]
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        millis = f".{value.microsecond // 1000:03}" if value.microsecond else ""
        return f"{value:%Y-%m-%d %H:%M:%S}{millis}"
    if isinstance(value, datetime.date):
        return f"{value:%Y-%m-%d} 00:00:00"
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def same(one, other):
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, (int, float)):
        return one == other
    return isinstance(other, (int, float)) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-6)


def main():
    os.environ["TZ"] = "UTC"
    time.tzset()
    settings = {"spark.sql.ansi.enabled": "true", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "1", "spark.ui.enabled": "false"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    tables = {
        "demo_otel_spans": spans(True),
        "mlflow_experiment_trace_otel_spans": spans(False),
        "demo_otel_annotations": f"SELECT * FROM {ANNOTATIONS}",
        "demo_trace_metadata": METADATA,
        "numbers": f"SELECT * FROM {NUMBERS}",
    }
    for name, sql in tables.items():
        spark.sql(sql).coalesce(1).cache().createOrReplaceTempView(name)
    cases = [json.loads(line) for line in FILE.read_text().splitlines()]
    for case in cases:
        rows = [[cell(value) for value in row] for row in spark.sql(case["sql"]).collect()]
        if not same(rows, case.setdefault("rows", rows)):
            print("differs:", case["sql"], "\n  recorded", case["rows"], "\n  Spark", rows)
    FILE.write_text("".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases))


main()
