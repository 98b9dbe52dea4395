import { emitted, type Emitted, type KnownType } from "../emitted.ts";
import { argumentAt, checkCount, type FunctionCall, type FunctionRule, type FunctionRules } from "../function-call.ts";
import { unsupported } from "../refusal.ts";
import type { Writer } from "../writer.ts";

interface AggregateOptions {
  /** A condition that rows must meet besides the user's FILTER. */
  readonly where?: string;
  readonly order?: string;
}

/** Writes an aggregate with its DISTINCT, FILTER and OVER. */
const aggregate = (
  call: FunctionCall,
  writer: Writer,
  name: string,
  args: string,
  options: AggregateOptions = {},
): string => {
  writer.late();
  if (call.ignoreNulls) throw unsupported(`IGNORE NULLS with ${call.name}()`, `${call.name}(…) IGNORE NULLS`);
  const conditions = [call.filter, options.where].filter((text) => text !== undefined);
  const filter = conditions.length === 0 ? "" : ` FILTER (WHERE ${conditions.join(" AND ")})`;
  const distinct = call.distinct ? "DISTINCT " : "";
  return `${name}(${distinct}${args}${options.order ?? ""})${filter}${call.over ?? ""}`;
};

const withoutGroup = (call: FunctionCall): void => {
  if (call.withinGroup !== undefined) throw unsupported(`WITHIN GROUP with ${call.name}()`, `${call.name}(…)`);
};

/** An aggregate that DuckDB has with the same meaning. */
const same =
  (name: string, count = 1, type: KnownType = "unknown"): FunctionRule =>
  (call, writer) => {
    withoutGroup(call);
    checkCount(call, count, count);
    return emitted(
      aggregate(call, writer, name, call.args.map((argument) => writer.value(argument).text).join(", ")),
      type,
    );
  };

const count: FunctionRule = (call, writer) => {
  withoutGroup(call);
  checkCount(call, 1, Infinity);
  const [first] = call.args;
  if (call.args.length === 1 && first?.kind === "star")
    return emitted(aggregate(call, writer, "count", "*"), "integer");
  const args = call.args.map((argument) => writer.value(argument).text);
  if (args.length === 1) return emitted(aggregate(call, writer, "count", args[0] ?? ""), "integer");
  const present = args.map((text) => `${text} IS NOT NULL`).join(" AND ");
  return emitted(aggregate(call, writer, "count", `CASE WHEN ${present} THEN row(${args.join(", ")}) END`), "integer");
};

const countIf: FunctionRule = (call, writer) => {
  withoutGroup(call);
  checkCount(call, 1, 1);
  return emitted(
    aggregate(call, writer, "count", `CASE WHEN ${writer.value(argumentAt(call, 0)).text} THEN 1 END`),
    "integer",
  );
};

/** Spark leaves NULL out of collected arrays and gives an empty array for no rows. */
const collect =
  (distinct: boolean): FunctionRule =>
  (call, writer) => {
    withoutGroup(call);
    checkCount(call, 1, 1);
    const item = writer.value(argumentAt(call, 0)).text;
    const list = aggregate({ ...call, distinct: distinct || call.distinct }, writer, "list", item, {
      where: `${item} IS NOT NULL`,
    });
    return emitted(`coalesce(${list}, [])`, "array");
  };

/** `max_by(x, y)`: the x of the greatest y, NULL included, which DuckDB's `max_by` would skip. */
const by = (name: string): FunctionRule => same(name, 2);

const percentage = (call: FunctionCall, writer: Writer): string => {
  const node = argumentAt(call, 1);
  return writer.value(node).text;
};

/** The smallest value whose rank reaches the percentage; Spark's approximation is exact for groups of up to its accuracy. */
const approximatePercentile: FunctionRule = (call, writer) => {
  withoutGroup(call);
  checkCount(call, 2, 3);
  const value = writer.value(argumentAt(call, 0)).text;
  for (const accuracy of call.args.slice(2)) writer.value(accuracy);
  return emitted(aggregate(call, writer, "quantile_disc", `${value}, ${percentage(call, writer)}`));
};

const exactPercentile: FunctionRule = (call, writer) => {
  withoutGroup(call);
  checkCount(call, 2, 2);
  const value = writer.value(argumentAt(call, 0)).text;
  return emitted(
    aggregate(call, writer, "quantile_cont", `CAST(${value} AS DOUBLE), ${percentage(call, writer)}`),
    "double",
  );
};

const withinGroup =
  (name: string): FunctionRule =>
  (call, writer) => {
    checkCount(call, 1, 1);
    if (call.withinGroup === undefined) throw unsupported(`${call.name}() without WITHIN GROUP`, `${call.name}(…)`);
    if (call.distinct || call.ignoreNulls || call.filter !== undefined || call.over !== undefined) {
      throw unsupported(`DISTINCT, FILTER or OVER with ${call.name}()`, `${call.name}(…)`);
    }
    writer.late();
    const order = call.withinGroup.replace(/ NULLS (?:FIRST|LAST)$/, "");
    return emitted(`${name}(${writer.value(argumentAt(call, 0)).text}) WITHIN GROUP (ORDER BY ${order})`);
  };

const isTrue = (call: FunctionCall, position: number): boolean =>
  call.args[position]?.kind === "boolean" && (call.args[position]?.flag("value") ?? false);

/** `first(x [, ignoreNulls])`: with OVER the value of the frame, else any value of the group. */
const edge =
  (windowName: string, groupName: string): FunctionRule =>
  (call, writer): Emitted => {
    withoutGroup(call);
    checkCount(call, 1, 2);
    if (call.distinct) throw unsupported(`DISTINCT with ${call.name}()`, `${call.name}(DISTINCT …)`);
    if (call.args[1] !== undefined && call.args[1].kind !== "boolean") {
      throw unsupported(`A computed flag in ${call.name}()`, `${call.name}(…)`, "Write true or false");
    }
    const value = writer.value(argumentAt(call, 0)).text;
    const ignoreNulls = call.ignoreNulls || isTrue(call, 1);
    if (call.over !== undefined) {
      writer.late();
      if (call.filter !== undefined) throw unsupported(`FILTER with ${call.name}() OVER`, `${call.name}(…)`);
      return emitted(`${windowName}(${value}${ignoreNulls ? " IGNORE NULLS" : ""})${call.over}`);
    }
    const options = ignoreNulls ? { where: `${value} IS NOT NULL` } : {};
    return emitted(aggregate({ ...call, ignoreNulls: false }, writer, groupName, value, options));
  };

const joinText: FunctionRule = (call, writer) => {
  checkCount(call, 1, 2);
  const separator = call.args[1] === undefined ? "''" : writer.value(argumentAt(call, 1)).text;
  const order = call.withinGroup === undefined ? "" : ` ORDER BY ${call.withinGroup}`;
  return emitted(
    aggregate(call, writer, "string_agg", `${writer.value(argumentAt(call, 0)).text}, ${separator}`, { order }),
    "string",
  );
};

/** @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-functions-builtin */
export const aggregateRules: FunctionRules = {
  count,
  count_if: countIf,
  sum: same("sum"),
  avg: same("avg", 1, "double"),
  mean: same("avg", 1, "double"),
  min: same("min"),
  max: same("max"),
  stddev: same("stddev_samp", 1, "double"),
  std: same("stddev_samp", 1, "double"),
  stddev_samp: same("stddev_samp", 1, "double"),
  stddev_pop: same("stddev_pop", 1, "double"),
  variance: same("var_samp", 1, "double"),
  var_samp: same("var_samp", 1, "double"),
  var_pop: same("var_pop", 1, "double"),
  corr: same("corr", 2, "double"),
  covar_pop: same("covar_pop", 2, "double"),
  covar_samp: same("covar_samp", 2, "double"),
  bool_and: same("bool_and", 1, "boolean"),
  every: same("bool_and", 1, "boolean"),
  bool_or: same("bool_or", 1, "boolean"),
  some: same("bool_or", 1, "boolean"),
  any: same("bool_or", 1, "boolean"),
  approx_count_distinct: (call, writer) => count({ ...call, args: call.args.slice(0, 1), distinct: true }, writer),
  collect_list: collect(false),
  array_agg: collect(false),
  collect_set: collect(true),
  max_by: by("arg_max_null"),
  min_by: by("arg_min_null"),
  first: edge("first_value", "first"),
  first_value: edge("first_value", "first"),
  any_value: edge("first_value", "first"),
  last: edge("last_value", "last"),
  last_value: edge("last_value", "last"),
  median: (call, writer) => {
    withoutGroup(call);
    checkCount(call, 1, 1);
    return emitted(
      aggregate(call, writer, "quantile_cont", `CAST(${writer.value(argumentAt(call, 0)).text} AS DOUBLE), 0.5`),
      "double",
    );
  },
  percentile: exactPercentile,
  percentile_approx: approximatePercentile,
  approx_percentile: approximatePercentile,
  percentile_cont: withinGroup("percentile_cont"),
  percentile_disc: withinGroup("percentile_disc"),
  string_agg: joinText,
  listagg: joinText,
  grouping: same("grouping"),
};
