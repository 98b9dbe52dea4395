import { describe, expect, it } from "vitest";
import { parseTraceFilter } from "./trace-filter.ts";

const condition = (entity: string, key: string, comparator: string, value?: unknown) => ({
  entity,
  key,
  comparator,
  value,
});

describe("a filter", () => {
  it.each([
    ["", []],
    ["status = 'OK'", [condition("attribute", "status", "=", "OK")]],
    [
      'trace.status = "OK" AND timestamp_ms >= 1.5e3',
      [condition("attribute", "status", "=", "OK"), condition("attribute", "timestamp_ms", ">=", 1500)],
    ],
    ["attributes.timestamp < '1970-01-02'", [condition("attribute", "timestamp_ms", "<", 86_400_000)]],
    ["end_time > '1970-01-01 00:00:01'", [condition("attribute", "end_time_ms", ">", 1000)]],
    ["timestamp_ms > '1970-01-01T00:00:01+01:00'", [condition("attribute", "timestamp_ms", ">", -3_599_000)]],
    ["tags.`a b.c` != 'it''s'", [condition("tag", "a b.c", "!=", "it's")]],
    ["metadata.\"mlflow.trace.session\" = 's'", [condition("metadata", "mlflow.trace.session", "=", "s")]],
    ["request_metadata.mlflow.trace.user IS NOT NULL", [condition("metadata", "mlflow.trace.user", "IS NOT NULL")]],
    ["name ilike '%a%'", [condition("tag", "mlflow.traceName", "ILIKE", "%a%")]],
    ["run_id IN ('a', 'b')", [condition("metadata", "mlflow.sourceRun", "IN", ["a", "b"])]],
    [
      "span.attributes.gen_ai.request.model LIKE '%x%'",
      [condition("span", "attributes.gen_ai.request.model", "LIKE", "%x%")],
    ],
    ["span.attributes.`http.url` = 'x'", [condition("span", "attributes.http.url", "=", "x")]],
    ["text LIKE '%x%'", [condition("span", "content", "LIKE", "%x%")]],
    ["feedback.score > 0.5", [condition("feedback", "score", ">", 0.5)]],
    ["status NOT IN ('OK')", [condition("attribute", "status", "NOT IN", ["OK"])]],
  ])("%s is read", (text, expected) => {
    expect(parseTraceFilter(text)).toEqual(expected);
  });

  it.each([
    ["status = 'OK' OR status = 'ERROR'", "Invalid clause(s) in filter string: \"OR status = 'ERROR'\""],
    ["(status = 'OK')", "Invalid clause(s) in filter string"],
    ["status", "Invalid clause(s) in filter string"],
    ["status =", "Expected a quoted string value"],
    ["status = OK", "Expected a quoted string value"],
    ["timestamp_ms > 'yesterday'", "Expected a numeric value"],
    ["feedback.score > 'a'", "Expected a numeric value"],
    ["elsewhere.a = 'b'", "Invalid entity type"],
    ["attributes.colour = 'b'", "Invalid attribute key"],
    ["span.colour = 'b'", "Invalid span attribute"],
    ["tags.a < 'b'", "Invalid comparator"],
    ["tags.a = 'b' AND", "Invalid clause(s)"],
    ["tags.a = 'b", "Invalid clause(s)"],
    ["status IN 'OK'", "Invalid clause(s)"],
    ["tags.a = 'b'; DROP TABLE x", "Invalid clause(s)"],
    ["tags.__proto__ > '1'", "Invalid comparator"],
    ["__proto__.a = '1'", "Invalid entity type"],
  ])("%s is refused", (text, message) => {
    expect(() => parseTraceFilter(text)).toThrow(message);
  });
});
