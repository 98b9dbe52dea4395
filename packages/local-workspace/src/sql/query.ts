import type { AstNode } from "./ast-node.ts";
import { quoteName } from "../quote-sql.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import { checkCommas, valuesRows, writeJoins, writeLateralViews, writeRelation } from "./relations.ts";
import { newScope, type Scope, type StatusColumn } from "./scope.ts";
import { writeItems } from "./select-items.ts";
import { writeWindow } from "./window.ts";
import type { EmittedQuery, Writer } from "./writer.ts";

/** Writes a query of one form; `recursiveName` is that of the recursive common table whose query it is. */
type QueryRule = (node: AstNode, writer: Writer, recursiveName?: string) => EmittedQuery;

const writeWith = (node: AstNode, writer: Writer): string => {
  const clause = node.part("with");
  if (clause === undefined) return "";
  const isRecursive = clause.flag("recursive");
  writer.scopes.push(newScope());
  const tables = clause.parts("ctes").map((table) => {
    const alias = table.part("alias")?.text("name");
    if (alias === undefined) throw syntaxError("a common table has no name", "WITH");
    const name = writer.plainName(alias);
    const columns = table.parts("columns").map((column) => writer.identifier(column));
    const query = writer.query(table.node("this"), isRecursive ? name : undefined);
    writer.addCommonTable(name, columns.length === 0 ? query.status : "unknown");
    return `${quoteName(name)}${columns.length === 0 ? "" : `(${columns.join(", ")})`} AS (${query.text})`;
  });
  writer.scopes.pop();
  return `WITH ${isRecursive ? "RECURSIVE " : ""}${tables.join(", ")} `;
};

const writeFrom = (node: AstNode, writer: Writer, scope: Scope): string => {
  const relations = node.part("from")?.nodes("expressions") ?? [];
  const [first, ...others] = relations.map((relation) => writeRelation(relation, writer, scope));
  if (first === undefined) return "";
  const joinNodes = node.parts("joins");
  checkCommas(relations.length, joinNodes);
  const joins = writeJoins(joinNodes, writer, scope);
  const views = writeLateralViews(node.parts("lateral_views"), writer, scope);
  return ` FROM ${first}${others.map((relation) => ` CROSS JOIN ${relation}`).join("")}${joins}${views}`;
};

const groupingFunctions: Readonly<Record<string, string>> = {
  ROLLUP: "ROLLUP",
  CUBE: "CUBE",
  "GROUPING SETS": "GROUPING SETS",
};

const writeGroupItem = (item: AstNode, writer: Writer): string => {
  const name = item.kind === "function" ? (item.text("name") ?? "") : "";
  const grouping = groupingFunctions[name.toUpperCase()];
  if (item.kind === "tuple")
    return `(${item
      .nodes("expressions")
      .map((part) => writer.value(part).text)
      .join(", ")})`;
  if (grouping === undefined) return writer.value(item).text;
  return `${grouping} (${item
    .nodes("args")
    .map((part) => writeGroupItem(part, writer))
    .join(", ")})`;
};

const writeGroup = (node: AstNode, writer: Writer): string => {
  const group = node.part("group_by");
  if (group === undefined) return "";
  if (group.flag("all")) return " GROUP BY ALL";
  return ` GROUP BY ${group
    .nodes("expressions")
    .map((item) => writeGroupItem(item, writer))
    .join(", ")}`;
};

const condition = (node: AstNode, name: string, keyword: string, writer: Writer): string => {
  const clause = node.part(name);
  return clause === undefined ? "" : ` ${keyword} ${writer.value(clause.node("this")).text}`;
};

const setOperations: Readonly<Record<string, string>> = { union: "UNION", intersect: "INTERSECT", except: "EXCEPT" };

const isAll = (node: AstNode): boolean =>
  node.kind === "column" && node.part("name")?.text("name")?.toUpperCase() === "ALL" && !node.has("table");

/** ORDER BY, LIMIT and OFFSET, which a SELECT and a set operation both have. */
const writeTail = (node: AstNode, writer: Writer): string => {
  const order = node.part("order_by")?.parts("expressions") ?? [];
  const text = order.length === 0 ? "" : ` ORDER BY ${writer.ordering(order)}`;
  return text + writeBound(node, "limit", writer) + writeBound(node, "offset", writer);
};

/** A bound is bare under a set operation and wrapped elsewhere. */
const writeBound = (node: AstNode, name: "limit" | "offset", writer: Writer): string => {
  if (!node.has(name)) return "";
  const bound = node.kind in setOperations ? node.node(name) : node.part(name)?.node("this");
  if (bound === undefined) return "";
  if (name === "limit" && isAll(bound)) return "";
  return ` ${name.toUpperCase()} ${writer.value(bound).text}`;
};

const writeWindows = (node: AstNode, writer: Writer): string => {
  const windows = node.parts("windows").map((window) => {
    const spec = window.part("spec");
    const name = writer.identifier(window.part("name"));
    return `${name} AS (${spec === undefined ? "" : writeWindow(spec, writer)})`;
  });
  return windows.length === 0 ? "" : ` WINDOW ${windows.join(", ")}`;
};

const writeSelect = (node: AstNode, writer: Writer): EmittedQuery => {
  const common = writeWith(node, writer);
  const scope = newScope();
  writer.scopes.push(scope);
  node.raw("hint");
  const from = writeFrom(node, writer, scope);
  const where = condition(node, "where_clause", "WHERE", writer);
  scope.part = "items";
  const items = writeItems(node, writer, scope);
  scope.part = "grouping";
  const group = writeGroup(node, writer);
  const having = condition(node, "having", "HAVING", writer);
  const windows = writeWindows(node, writer);
  const qualify = condition(node, "qualify", "QUALIFY", writer);
  scope.part = "ordering";
  const tail = writeTail(node, writer);
  writer.scopes.pop();
  const text = `${common}SELECT ${items.text}${from}${where}${group}${having}${windows}${qualify}${tail}`;
  return { text, status: items.status };
};

/** Parentheses around an operand that has its own ORDER BY or LIMIT, or is itself a set operation. */
const operand = (node: AstNode, writer: Writer): EmittedQuery => {
  const query = writer.query(node);
  return { ...query, text: `(${query.text})` };
};

const writeSetOperation: QueryRule = (node, writer, recursiveName) => {
  const common = writeWith(node, writer);
  const left = node.node("left");
  if (node.kind === "intersect" && left.kind in setOperations && left.kind !== "intersect") {
    throw unsupported(
      "INTERSECT after another set operation without parentheses",
      "INTERSECT",
      "Put the operation that comes first into parentheses",
    );
  }
  const first = operand(left, writer);
  const isByName = node.flag("by_name");
  // What follows UNION alone sees the rows so far; elsewhere the engine takes the name for that of another table.
  const isRecursive = recursiveName !== undefined && node.kind === "union" && !isByName;
  if (isRecursive) writer.addCommonTable(recursiveName, "unknown");
  const second = operand(node.node("right"), writer);
  node.raw("distinct");
  const all = node.flag("all") ? " ALL" : "";
  const keyword = `${setOperations[node.kind] ?? ""}${all}${isByName ? " BY NAME" : ""}`;
  const scope = newScope();
  scope.relations.push({ alias: undefined, qualifier: undefined, status: "unknown" });
  writer.scopes.push(scope);
  const tail = writeTail(node, writer);
  writer.scopes.pop();
  const status: StatusColumn = first.status === second.status ? first.status : "unknown";
  return { text: `${common}${first.text} ${keyword} ${second.text}${tail}`, status };
};

const writeParenthesised: QueryRule = (node, writer, recursiveName) => {
  const inner = writer.query(node.node("this"), recursiveName);
  const tail = writeTail(node, writer);
  return { text: `(${inner.text})${tail}`, status: inner.status };
};

const writeValuesQuery = (node: AstNode, writer: Writer): EmittedQuery => {
  const { rows, width } = valuesRows(node, writer);
  const names = Array.from({ length: width }, (_, at) => `"col${at + 1}"`).join(", ");
  return { text: `SELECT * FROM (VALUES ${rows}) AS "tl_values"(${names})`, status: "without" };
};

const queryRules: Readonly<Record<string, QueryRule>> = {
  select: writeSelect,
  union: writeSetOperation,
  intersect: writeSetOperation,
  except: writeSetOperation,
  subquery: writeParenthesised,
  values: writeValuesQuery,
};

/** Writes a query of any form. */
export const writeQuery: QueryRule = (node, writer, recursiveName) => {
  const rule = queryRules[node.kind];
  if (rule === undefined) throw unsupported(`${node.kind.replaceAll("_", " ")} as a query`, node.kind);
  const depth = writer.enterQuery();
  const query = rule(node, writer, recursiveName);
  writer.leaveQuery(depth);
  node.finish();
  return query;
};

/** Ordering terms, with NULL where Spark has it: first in ascending and last in descending order. */
export const writeOrdering = (terms: readonly AstNode[], writer: Writer): string =>
  terms
    .map((term) => {
      const expression = term.node("this");
      const descending = term.flag("desc");
      const nullsFirst = term.raw("nulls_first");
      const first = typeof nullsFirst === "boolean" ? nullsFirst : !descending;
      const text = isAll(expression) ? "ALL" : writer.value(expression).text;
      return `${text} ${descending ? "DESC" : "ASC"} NULLS ${first ? "FIRST" : "LAST"}`;
    })
    .join(", ");
