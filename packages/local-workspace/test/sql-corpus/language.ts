import type { RowsCase } from "./case.ts";

/** Where Spark and DuckDB give different answers to the same text, and the common ground around it. */
export const languageCases: readonly RowsCase[] = [
  {
    sql: "SELECT 'it\\'s', \"double\", 'a\\\\b', 'tab\\there', r'raw\\n', 'x' 'y', 'a''b'",
    rows: [["it's", "double", "a\\b", "tab\there", "raw\\n", "xy", "a'b"]],
  },
  {
    sql: "SELECT '\\u00e9', '\\101', 'a;b', '--no comment', '/* none */', '$1', ':x', '?'",
    rows: [["é", "A", "a;b", "--no comment", "/* none */", "$1", ":x", "?"]],
  },
  {
    sql: 'SELECT `n` AS `a b`, n AS `quo"te` FROM numbers WHERE `n` = 1 -- the end',
    columns: ["a b", 'quo"te'],
    rows: [[1, 1]],
  },
  { sql: "/* first */ SELECT /* nested /* deeper */ */ 1; SELECT 2;", rows: [[2]] },
  { sql: "SELECT 7 / 2, 7 DIV 2, -7 DIV 2, 7 % 2, -7 % 3, pmod(-7, 3), 1 / 4.0", rows: [[3.5, 3, -3, 1, -1, 2, 0.25]] },
  { sql: "SELECT try_divide(1, 0), try_divide(7, 2), 5 / NULL", rows: [[null, 3.5, null]] },
  {
    sql: "SELECT round(2.675, 2), round(1.005D, 2), round(2.5), round(-2.5), round(25, -1), round(avg(d), 1) FROM numbers",
    rows: [[2.68, 1.01, 3, -3, 30, 1.5]],
  },
  {
    sql: "SELECT ceil(1.2), floor(-1.2), ceil(5), abs(-3), sign(-2.5), sqrt(9), power(2, 10)",
    rows: [[2, -2, 5, 3, -1, 3, 1024]],
  },
  {
    sql: "SELECT CAST(1.7 AS INT), CAST(-1.7 AS BIGINT), CAST('12' AS INT), int('5'), 1.9D::int, true::int",
    rows: [[1, -1, 12, 5, 1, 1]],
  },
  {
    sql: "SELECT TRY_CAST('1.7' AS INT), TRY_CAST('x' AS DOUBLE), TRY_CAST('2024-13-01' AS DATE), TRY_CAST('5' AS INT)",
    rows: [[null, null, null, 5]],
  },
  { sql: "SELECT CAST(2.675D AS DECIMAL(10,2)), CAST('1.005' AS DECIMAL(10,2))", rows: [[2.68, 1.01]] },
  {
    sql: "SELECT CAST(1.5D AS STRING), CAST(12 AS STRING), CAST(true AS STRING), CAST(DATE'2024-01-02' AS STRING), CAST(TIMESTAMP'2024-01-02 03:04:05' AS STRING)",
    rows: [["1.5", "12", "true", "2024-01-02", "2024-01-02 03:04:05"]],
  },
  { sql: "SELECT 5 & 3, 5 | 3, 5 ^ 3, ~5", rows: [[1, 7, 6, -6]] },
  {
    sql: "SELECT 1 <=> NULL, NULL <=> NULL, 1 <> 2, 1 != 1, 1 == 1, !true, NOT 1 = 2",
    rows: [[false, true, true, false, true, false, true]],
  },
  { sql: "SELECT s FROM numbers ORDER BY s", rows: [[null], ["B"], ["a"]] },
  { sql: "SELECT s FROM numbers ORDER BY s DESC", rows: [["a"], ["B"], [null]] },
  { sql: "SELECT s FROM numbers ORDER BY s NULLS LAST", rows: [["B"], ["a"], [null]] },
  { sql: "SELECT s FROM numbers ORDER BY s DESC NULLS FIRST", rows: [[null], ["a"], ["B"]] },
  {
    sql: "SELECT s, n FROM numbers ORDER BY ALL",
    rows: [
      [null, 3],
      ["B", 2],
      ["a", 1],
    ],
  },
  {
    sql: "SELECT n, rank() OVER (ORDER BY d) FROM numbers ORDER BY n",
    rows: [
      [1, 2],
      [2, 3],
      [3, 1],
    ],
  },
  {
    sql: "SELECT n, lag(n) OVER (ORDER BY n), lead(n, 1, 0) OVER (ORDER BY n), last_value(s) IGNORE NULLS OVER (ORDER BY n) FROM numbers ORDER BY n",
    rows: [
      [1, null, 2, "a"],
      [2, 1, 3, "B"],
      [3, 2, 0, "B"],
    ],
  },
  {
    sql: "SELECT n, sum(n) OVER w, count(*) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers WINDOW w AS (ORDER BY n) ORDER BY n",
    rows: [
      [1, 1, 1],
      [2, 3, 2],
      [3, 6, 2],
    ],
  },
  {
    sql: "SELECT concat('a', NULL), concat('a', 1, true), 'a' || 'b', concat_ws('-', 'a', NULL, 'b')",
    rows: [[null, "a1true", "ab", "a-b"]],
  },
  {
    sql: "SELECT nvl(NULL, 1), ifnull(2, 1), nvl2(NULL, 1, 2), nullif(1, 1), if(1 > 2, 'x', 'y'), coalesce(NULL, 'z')",
    rows: [[1, 2, 2, null, "y", "z"]],
  },
  {
    sql: "SELECT array(1, 2, 3)[0], array(1, 2, 3)[2], element_at(array(1, 2, 3), 1), element_at(array(1, 2, 3), -1), try_element_at(array(1), 5), get(array(1), 5)",
    rows: [[1, 3, 1, 3, null, null]],
  },
  {
    sql: "SELECT size(array()), size(array(1, 2)), size(map('a', 1)), array_contains(array(1, NULL), 2), array_contains(array(1), 1)",
    rows: [[0, 2, 1, null, true]],
  },
  {
    sql: "SELECT map('a', 1)['a'], map('a', 1)['b'], map_keys(map('a', 1)), map('k', 5).k",
    rows: [[1, null, ["a"], 5]],
  },
  { sql: "SELECT named_struct('a', 1, 'b', 'x').b, struct(n, s).n FROM numbers WHERE n = 1", rows: [["x", 1]] },
  {
    sql: "SELECT transform(array(1, 2), x -> x + 1), filter(array(1, 2, 3), x -> x > 1), exists(array(1, 2), x -> x = 2), forall(array(1, NULL), x -> x = 1)",
    rows: [[[2, 3], [2, 3], true, null]],
  },
  {
    sql: "SELECT sort_array(array(2, NULL, 1)), array_sort(array(2, NULL, 1)), sort_array(array(2, NULL, 1), false), slice(array(1, 2, 3), 2, 2), array_join(array('a', NULL, 'b'), ','), sequence(3, 1)",
    rows: [[[null, 1, 2], [1, 2, null], [2, 1, null], [2, 3], "a,b", [3, 2, 1]]],
  },
  {
    sql: "SELECT substring('hello', 1, 2), substring('hello', 0, 2), substring('hello', -3, 2), substr('hello', 3), left('hello', 2), right('hello', 2)",
    rows: [["he", "he", "ll", "llo", "he", "lo"]],
  },
  {
    sql: "SELECT split('a,b,,', ','), split_part('a.b.c', '.', 2), upper('x'), length('héllo'), trim('  a '), lpad('5', 3, '0'), rpad('a', 3), instr('abc', 'c'), locate('b', 'abc')",
    rows: [[["a", "b", "", ""], "b", "X", 5, "a", "005", "a  ", 3, 2]],
  },
  {
    sql: "SELECT replace('abc', 'b', 'x'), replace('abc', 'b'), translate('abc', 'ab', 'xy'), reverse('abc'), repeat('ab', 2), startswith('abc', 'ab'), contains('abc', 'd'), trim(BOTH 'x' FROM 'xax')",
    rows: [["axc", "ac", "xyc", "cba", "abab", true, false, "a"]],
  },
  {
    sql: "SELECT 'abc' RLIKE '^a.c$', 'abc' NOT RLIKE 'z', regexp_like('ABC', '(?i)b'), regexp_extract('ab-12', '([a-z]+)-(\\\\d+)', 2), regexp_extract('ab', '(x)'), regexp_replace('a1b2', '([a-z])(\\\\d)', '$2$1')",
    rows: [[true, true, true, "12", "", "1a2b"]],
  },
  {
    sql: "SELECT 'cat' NOT LIKE ALL ('c%', 'd%'), 'cat' NOT LIKE ALL ('d%', 'e%'), 'cat' NOT LIKE ANY ('c%', 'd%'), 'cat' NOT ILIKE SOME ('C%'), NOT ('cat' LIKE ALL ('c%', 'd%')), CAST(NULL AS STRING) NOT LIKE ALL ('c%', 'd%')",
    rows: [[false, true, true, false, true, null]],
  },
  {
    sql: "SELECT 'a_b' LIKE 'a\\_b', 'axb' LIKE 'a\\_b', 'ABC' ILIKE 'a%', 'a%b' LIKE 'a!%b' ESCAPE '!', 'cat' LIKE ANY ('c%', 'd%'), 'cat' LIKE ALL ('c%', 'd%')",
    rows: [[true, false, true, true, true, false]],
  },
  {
    sql: "SELECT date_add('2024-01-31', 1), date_sub(DATE'2024-03-01', 1), DATE'2024-01-31' + INTERVAL 1 MONTH, datediff('2024-03-01', '2024-02-28'), add1 FROM (SELECT date_add(DATE'2024-01-01', 7) AS add1)",
    rows: [["2024-02-01 00:00:00", "2024-02-29 00:00:00", "2024-02-29 00:00:00", 2, "2024-01-08 00:00:00"]],
  },
  {
    sql: "SELECT typeof(day - INTERVAL 1 DAY), typeof(date_sub(day, 1)), typeof(current_date() - INTERVAL 7 DAYS), typeof(day + INTERVAL 1 HOUR), typeof(7 / 2), typeof(date_trunc('DAY', day)) FROM numbers LIMIT 1",
    rows: [["date", "date", "date", "timestamp", "double", "timestamp"]],
  },
  {
    sql: "SELECT TIMESTAMP'2024-05-01T10:00:00+02:00', TIMESTAMP'2024-05-01 10:00:00Z', CAST('2024-05-01' AS TIMESTAMP), to_timestamp('2024-05-01 01:02:03')",
    rows: [["2024-05-01 08:00:00", "2024-05-01 10:00:00", "2024-05-01 00:00:00", "2024-05-01 01:02:03"]],
  },
  {
    sql: "SELECT timestampdiff(HOUR, TIMESTAMP'2024-01-01 00:30:00', TIMESTAMP'2024-01-01 02:15:00'), datediff(DAY, '2024-01-01', '2024-01-03'), dateadd(HOUR, 2, TIMESTAMP'2024-01-01 00:00:00'), timestampadd(MINUTE, -5, TIMESTAMP'2024-01-01 00:00:00')",
    rows: [[1, 2, "2024-01-01 02:00:00", "2023-12-31 23:55:00"]],
  },
  {
    sql: "SELECT date_trunc('WEEK', TIMESTAMP'2024-05-01 10:20:30'), date_trunc('HOUR', TIMESTAMP'2024-05-01 10:20:30'), trunc(DATE'2024-05-17', 'MM'), last_day('2024-02-03')",
    rows: [["2024-04-29 00:00:00", "2024-05-01 10:00:00", "2024-05-01 00:00:00", "2024-02-29 00:00:00"]],
  },
  {
    sql: "SELECT year(t), month(t), day(t), hour(t), minute(t), second(t), dayofweek(t), weekday(t), dayofyear(t), EXTRACT(HOUR FROM t), date_part('quarter', t) FROM (SELECT TIMESTAMP'2024-05-01 10:20:30' AS t)",
    rows: [[2024, 5, 1, 10, 20, 30, 4, 2, 122, 10, 2]],
  },
  {
    sql: "SELECT date_format(TIMESTAMP'2024-05-01 15:04:05.678', 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSS'), date_format(DATE'2024-05-01', 'EEE d MMM yyyy'), date_format(TIMESTAMP'2024-05-01 15:04:05', 'h:mm a')",
    rows: [["2024-05-01T15:04:05.678", "Wed 1 May 2024", "3:04 PM"]],
  },
  {
    sql: "SELECT from_unixtime(1714557600), from_unixtime(0, 'yyyy'), unix_timestamp('2024-05-01 10:00:00'), unix_millis(TIMESTAMP'1970-01-01 00:00:01.5'), timestamp_millis(1500), timestamp_seconds(1.5), to_date('05/01/2024', 'MM/dd/yyyy')",
    rows: [
      [
        "2024-05-01 10:00:00",
        "1970",
        1714557600,
        1500,
        "1970-01-01 00:00:01.500",
        "1970-01-01 00:00:01.500",
        "2024-05-01 00:00:00",
      ],
    ],
  },
  {
    sql: "SELECT CAST(TIMESTAMP'1970-01-01 00:01:00' AS BIGINT), CAST(60 AS TIMESTAMP), INTERVAL 90 MINUTES = INTERVAL '1 hour 30 minutes', TIMESTAMP'2024-01-01 00:00:00' + INTERVAL 1 DAY 2 HOURS",
    rows: [[60, "1970-01-01 00:01:00", true, "2024-01-02 02:00:00"]],
  },
  {
    sql: "SELECT collect_list(s), collect_set(1), count(s), count(DISTINCT s), count(DISTINCT n, s), count(n, s) FROM numbers",
    rows: [[["a", "B"], [1], 2, 2, 2, 2]],
  },
  {
    sql: "SELECT collect_list(n), sum(n), count(*), count_if(n > 1), avg(n), max(s) FROM numbers WHERE n > 99",
    rows: [[[], null, 0, 0, null, null]],
  },
  { sql: "SELECT max_by(s, n), min_by(s, d), max_by(n, s) FROM numbers", rows: [[null, "a", 1]] },
  {
    sql: "SELECT percentile_approx(x, 0.5), percentile_approx(x, array(0.25, 0.9)), percentile(x, 0.5), median(x), percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM range(1, 11) AS t(x)",
    rows: [[5, [3, 9], 5.5, 5.5, 5.5]],
  },
  {
    sql: "SELECT sum(n) FILTER (WHERE n > 1), bool_or(n > 2), every(n > 0), stddev(n), approx_count_distinct(n), first(n), any_value(1) FROM numbers",
    rows: [[5, true, true, 1, 3, 1, 1]],
  },
  { sql: "SELECT listagg(s, ',') WITHIN GROUP (ORDER BY s DESC) FROM numbers", rows: [["a,B"]] },
  { sql: "SELECT n % 2 AS odd, count(*) AS c FROM numbers GROUP BY odd HAVING c > 1", rows: [[1, 2]] },
  {
    sql: "SELECT lower(s) AS s, count(*) FROM VALUES ('A'), ('a') AS t(s) GROUP BY s ORDER BY 1",
    rows: [
      ["a", 1],
      ["a", 1],
    ],
  },
  {
    sql: "SELECT n, count(*) FROM numbers GROUP BY ROLLUP (n) ORDER BY n NULLS LAST",
    rows: [
      [1, 1],
      [2, 1],
      [3, 1],
      [null, 3],
    ],
  },
  {
    sql: "SELECT col1, col2 FROM VALUES (1, 'a'), (2, 'b') ORDER BY col1 DESC",
    rows: [
      [2, "b"],
      [1, "a"],
    ],
  },
  { sql: "VALUES (1, 2)", columns: ["col1", "col2"], rows: [[1, 2]] },
  { sql: "SELECT explode(array(3, 4)) AS x", rows: [[3], [4]] },
  { sql: "SELECT id FROM range(3)", rows: [[0], [1], [2]] },
  { sql: "SELECT a.n FROM numbers a LEFT SEMI JOIN numbers b ON a.n = b.n + 1 ORDER BY 1", rows: [[2], [3]] },
  { sql: "SELECT a.n FROM numbers a LEFT ANTI JOIN numbers b ON a.n = b.n + 1", rows: [[1]] },
  { sql: "SELECT count(*) FROM numbers a FULL OUTER JOIN numbers b ON a.n = b.n + 1", rows: [[4]] },
  { sql: "SELECT count(*) FROM numbers a, numbers b CROSS JOIN numbers c JOIN numbers d ON c.n = d.n", rows: [[27]] },
  { sql: "SELECT 1 AS a UNION SELECT 1 UNION ALL SELECT 2 ORDER BY a", rows: [[1], [2]] },
  { sql: "(SELECT 1 AS a UNION ALL SELECT 2) MINUS SELECT 2", rows: [[1]] },
  { sql: "SELECT 1 AS a UNION ALL (SELECT 2 INTERSECT SELECT 2) ORDER BY a DESC", rows: [[2], [1]] },
  {
    sql: "SELECT n FROM numbers WHERE n NOT IN (SELECT n FROM numbers WHERE s IS NOT NULL) OR n BETWEEN 1 AND 1 ORDER BY n",
    rows: [[1], [3]],
  },
  { sql: "SELECT (SELECT max(n) FROM numbers) + 1, EXISTS (SELECT 1 FROM numbers WHERE n > 5)", rows: [[4, false]] },
  { sql: "SELECT n + 1 AS m, m * 2 AS k FROM numbers WHERE n = 1", rows: [[2, 4]] },
  {
    sql: "SELECT CASE n WHEN 1 THEN 'one' ELSE 'many' END, CASE WHEN s IS NULL THEN 'none' END FROM numbers ORDER BY n",
    rows: [
      ["one", null],
      ["many", null],
      ["many", "none"],
    ],
  },
  {
    sql: "SELECT parse_json('{\"a\":[1,{\"b\":\"c\"}]}'):a[1].b::string, '{\"a\":1}':a::int, get_json_object('{\"a\":{\"b\":1}}', '$.a'), get_json_object('bad', '$.a'), try_parse_json('bad')",
    rows: [["c", 1, '{"b":1}', null, null]],
  },
  {
    sql: "SELECT COUNT(*), Sum(n), n.s FROM numbers n GROUP BY n.s ORDER BY 3 LIMIT 1",
    columns: ["count(1)", "sum(n)", "s"],
    rows: [[1, 3, null]],
  },
  { sql: "SELECT :low + 1, n FROM numbers WHERE n > :low AND s = :s", parameters: { low: 1, s: "B" }, rows: [[2, 2]] },
  { sql: "SELECT ?, n FROM numbers WHERE n = ?", parameters: [5, 3], rows: [[5, 3]] },
  {
    sql: "SELECT typeof(1), typeof('a'), typeof(1.5), typeof(array(1)), typeof(map('a', 1)), typeof(named_struct('a', 1))",
    rows: [["int", "string", "decimal(2,1)", "array<int>", "map<string,int>", "struct<a:int>"]],
  },
  { sql: "SELECT 10L, 1.5D, 3S, 2.5BD, 1e3, .5", rows: [[10, 1.5, 3, 2.5, 1000, 0.5]] },
  {
    sql: "SELECT current_user(), current_catalog(), current_schema()",
    rows: [["ann@example.com", "my_catalog", "my_schema"]],
  },
];

/** Aliases, aggregates under functions, and queries inside queries: the engine sees types late there. */
export const contextCases: readonly RowsCase[] = [
  {
    sql: "SELECT name, CAST(avg(end_time_unix_nano - start_time_unix_nano) / 1e6 AS INT) ms FROM demo_otel_spans GROUP BY name HAVING ms > 1000 ORDER BY ms DESC",
    rows: [
      ["agent", 8500],
      ["llm", 3000],
    ],
  },
  { sql: "SELECT attributes:n::int AS n, n * 2 AS m FROM demo_otel_spans WHERE span_id = 'a'", rows: [[3, 6]] },
  {
    sql: "SELECT events[0].name AS e, upper(e) FROM demo_otel_spans WHERE span_id = 'c'",
    rows: [["exception", "EXCEPTION"]],
  },
  { sql: "SELECT name, events[0].name FROM demo_otel_spans WHERE size(events) > 0", rows: [["tool", "exception"]] },
  {
    sql: "SELECT span_id FROM demo_otel_spans WHERE EXISTS (SELECT 1 FROM numbers WHERE n = attributes:n::int)",
    rows: [["a"]],
  },
  {
    sql: "SELECT span_id, (SELECT count(*) FROM demo_otel_spans c WHERE c.parent_span_id = s.span_id AND c.attributes:code::string IS NULL) k FROM demo_otel_spans s WHERE parent_span_id IS NULL ORDER BY span_id",
    rows: [
      ["a", 1],
      ["d", 1],
      ["f", 0],
    ],
  },
  {
    sql: "SELECT concat_ws(',', collect_list(s)), concat_ws('-', sort_array(collect_set(s))) FROM numbers",
    rows: [["a,B", "B-a"]],
  },
  {
    sql: "SELECT concat(name, ':', count(*)) FROM demo_otel_spans GROUP BY name ORDER BY 1",
    rows: [["agent:3"], ["job:1"], ["llm:2"], ["tool:1"]],
  },
  {
    sql: "SELECT max(time) - INTERVAL 1 DAY, date_format(max(time), 'HH:mm'), round(sum(d), 1), int(max(d)), ceil(avg(d)) FROM demo_otel_spans, numbers WHERE n = 2 AND span_id = 'g'",
    rows: [["2024-04-30 10:05:00", "10:05", 2.5, 2, 3]],
  },
  {
    sql: "SELECT transform(events, e -> e.attributes:['exception.type']::string), filter(events, e -> e.name = 'retry')[0].name FROM demo_otel_spans WHERE span_id = 'c'",
    rows: [[["Timeout", null], "retry"]],
  },
  {
    sql: "SELECT name, round(count(*) * 100.0 / sum(count(*)) OVER (), 1) AS pct FROM demo_otel_spans GROUP BY name ORDER BY pct DESC, name",
    rows: [
      ["agent", 42.9],
      ["llm", 28.6],
      ["job", 14.3],
      ["tool", 14.3],
    ],
  },
  {
    sql: "SELECT CASE status_code WHEN 'ERROR' THEN 1 ELSE 0 END e, count(*) FROM my_schema.demo_otel_spans GROUP BY 1 ORDER BY e",
    rows: [
      [0, 5],
      [1, 2],
    ],
    notes: 1,
  },
  {
    sql: "SELECT trace_id, count(*) AS spans, count_if(status_code = 'ERROR') AS errs, round(errs / spans * 100, 1) AS pct FROM demo_otel_spans GROUP BY trace_id ORDER BY pct DESC, trace_id LIMIT 2",
    rows: [
      ["t3", 1, 1, 100],
      ["t1", 3, 1, 33.3],
    ],
    notes: 1,
  },
  { sql: "SELECT -n AS n FROM numbers ORDER BY n", rows: [[-3], [-2], [-1]] },
  {
    sql: "SELECT to_json(map('a', 1)), to_json(map('a', '1')), to_json(array(1, 2)), to_json(collect_list(s)) FROM numbers",
    rows: [['{"a":1}', '{"a":"1"}', "[1,2]", '["a","B"]']],
  },
  {
    sql: "SELECT n IS NOT DISTINCT FROM NULL, percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM numbers GROUP BY n ORDER BY n LIMIT 1",
    columns: ["n IS NOT DISTINCT FROM NULL", "percentile_cont(0.5) WITHIN GROUP (ORDER BY n)"],
    rows: [[false, 1]],
  },
  { sql: "SELECT -n AS m FROM numbers ORDER BY n", rows: [[-1], [-2], [-3]] },
  {
    sql: "SELECT s, sum(n) AS n FROM numbers GROUP BY s ORDER BY sum(n) DESC",
    rows: [
      [null, 3],
      ["B", 2],
      ["a", 1],
    ],
  },
  { sql: "SELECT max(n) AS n FROM numbers HAVING n > 2", rows: [[3]] },
  { sql: "SELECT n AS d, d FROM numbers WHERE d = 0.5", rows: [[1, 0.5]] },
  {
    sql: "SELECT length(NULL), upper(NULL), concat(NULL, 'a'), round(NULL), date_add(NULL, 1), size(NULL), CAST(NULL AS INT), CAST(NULL AS TIMESTAMP), NULL::string, to_date(NULL), date_trunc('DAY', NULL)",
    rows: [[null, null, null, null, null, null, null, null, null, null, null]],
  },
  {
    sql: "SELECT CAST(:x AS INT) + 1, round(:y, 1), upper(:z)",
    parameters: { x: "41", y: 2.25, z: "a" },
    rows: [[42, 2.3, "A"]],
  },
  {
    sql: "SELECT try_add(1, array(1)[0]), TRY_CAST('abc' AS INT), try_divide(1, n - 1), 1 / n FROM numbers ORDER BY n",
    rows: [
      [2, null, null, 1],
      [2, null, 1, 0.5],
      [2, null, 0.5, 1 / 3],
    ],
  },
  { sql: "SELECT x.k FROM (SELECT attributes:n AS k FROM demo_otel_spans) x WHERE x.k::int = 3", rows: [[3]] },
  { sql: "SELECT n FROM numbers UNION SELECT n + 1 FROM numbers ORDER BY n DESC", rows: [[4], [3], [2], [1]] },
  { sql: "SELECT pmod(10, -3), pmod(-10, 3), pmod(-10, -3), pmod(10, 3)", rows: [[1, 2, -1, 1]] },
  {
    sql: "SELECT array_append(CASE WHEN 1 = 2 THEN array(1) END, 1), array_append(array(1), NULL), flatten(array(array(1), NULL)), flatten(array(array(1), array(NULL, 2)))",
    rows: [[null, [1, null], null, [1, null, 2]]],
  },
  {
    sql: "SELECT CAST(EXTRACT(SECOND FROM TIMESTAMP '1969-12-31 23:59:59') AS STRING), CAST(EXTRACT(SECOND FROM TIMESTAMP '1969-12-31 23:59:00.25') AS STRING)",
    rows: [["59.000000", "0.250000"]],
  },
  { sql: "WITH numbers AS (SELECT n + 10 AS n FROM numbers) SELECT min(Numbers.n) FROM Numbers", rows: [[11]] },
  // The sign of the Kelvin is a capital K.
  { sql: "WITH `\u212A` AS (SELECT 1 AS a) SELECT k.a FROM k", rows: [[1]] },
  {
    sql: "WITH RECURSIVE t AS ((SELECT 1 AS n) UNION ALL (SELECT n + 1 FROM t WHERE n < 3)) SELECT count(*) FROM t",
    rows: [[3]],
  },
  {
    sql: "WITH a AS (SELECT n FROM numbers), b (x) AS (SELECT n + 1 FROM a) SELECT a.n, b.x FROM a JOIN b ON a.n = b.x ORDER BY 1",
    rows: [
      [2, 2],
      [3, 3],
    ],
  },
  {
    sql: "SELECT `status`.`code`, demo_otel_spans.name, my_schema.demo_otel_spans.span_id, my_catalog.my_schema.demo_otel_spans.trace_id, my_catalog.my_schema.demo_otel_spans.status.code FROM my_catalog.my_schema.demo_otel_spans WHERE span_id = 'a'",
    columns: ["code", "name", "span_id", "trace_id", "code"],
    rows: [["STATUS_CODE_OK", "agent", "a", "t1", "STATUS_CODE_OK"]],
  },
  {
    sql: "SELECT trace_id, first(name) FILTER (WHERE parent_span_id IS NULL) FROM demo_otel_spans GROUP BY 1 ORDER BY 1",
    rows: [
      ["t1", "agent"],
      ["t2", "agent"],
      ["t3", "agent"],
      ["t4", null],
    ],
  },
  {
    sql: "SELECT ROUND(SUM(CASE WHEN status.code = 'STATUS_CODE_ERROR' THEN 1.0 ELSE 0 END) / COUNT(*), 4) FROM demo_otel_spans",
    rows: [[0.2857]],
  },
  { sql: "SELECT n, s FROM numbers WHERE (n, s) IN ((1, 'a'), (2, 'z'))", rows: [[1, "a"]] },
];
