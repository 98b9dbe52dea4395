import type { AstNode } from "./ast-node.ts";
import { quoteName } from "../quote-sql.ts";
import { informationSchemaRelation } from "./information-schema.ts";
import { StandIn } from "./parser-text.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import type { Relation, Scope, StatusColumn } from "./scope.ts";
import { checkTableName, qualifiedName } from "./table-name.ts";
import { writeTableFunction } from "./table-function.ts";
import type { Writer } from "./writer.ts";

/** Writes one relation of FROM and adds it to the scope. */
type RelationRule = (node: AstNode, writer: Writer, scope: Scope) => string;

const addRelation = (scope: Scope, name: string | undefined, status: StatusColumn): void => {
  const relation: Relation = {
    alias: name?.toLowerCase(),
    qualifier: name === undefined ? undefined : quoteName(name),
    status,
  };
  scope.relations.push(relation);
};

const columnList = (node: AstNode, writer: Writer): string => {
  const columns = node.parts("column_aliases").map((column) => writer.identifier(column));
  return columns.length === 0 ? "" : `(${columns.join(", ")})`;
};

const plainAlias = (node: AstNode, writer: Writer): string | undefined => {
  const name = node.part("alias")?.text("name");
  return name === undefined ? undefined : writer.plainName(name);
};

/** Tables of which it is known that they have no column `status_code`. */
const knownOtherTable = /_otel_(?:logs|metrics|annotations)$/i;

const statusOfTable = (name: string): StatusColumn =>
  /_otel_spans$/i.test(name) ? "spans" : knownOtherTable.test(name) ? "without" : "unknown";

const writeTable: RelationRule = (node, writer, scope) => {
  const parts = ["catalog", "schema", "name"]
    .map((part) => node.part(part)?.text("name"))
    .filter((part) => part !== undefined)
    .map((part) => writer.plainName(part));
  const name = parts.at(-1);
  if (name === undefined) throw syntaxError("a table has no name", "FROM");
  const alias = plainAlias(node, writer);
  const columns = columnList(node, writer);
  const shown = alias ?? name;
  const suffix = ` AS ${quoteName(shown)}${columns}`;
  const commonTable = parts.length === 1 ? writer.commonTable(name) : undefined;
  if (commonTable !== undefined) {
    addRelation(scope, shown, commonTable.status);
    // In the spelling that it was given: of letters beyond ASCII the engine tells small and capital ones apart.
    return `${quoteName(commonTable.name)}${suffix}`;
  }
  const information = informationSchemaRelation(parts, writer.context);
  if (information !== undefined) {
    addRelation(scope, shown, "without");
    return `${information}${suffix}`;
  }
  checkTableName(parts);
  writer.addTable(parts);
  addRelation(scope, shown, statusOfTable(name));
  const isPlain = alias === undefined && columns === "";
  return qualifiedName(parts, writer.context) + (isPlain ? "" : suffix);
};

const writeSubquery: RelationRule = (node, writer, scope) => {
  const lateral = node.flag("lateral");
  const query = writer.query(node.node("this"));
  const alias = plainAlias(node, writer);
  const columns = columnList(node, writer);
  addRelation(scope, alias, columns === "" ? query.status : "unknown");
  const name = alias === undefined ? "" : ` AS ${quoteName(alias)}${columns}`;
  return `${lateral ? "LATERAL " : ""}(${query.text})${name}`;
};

/** Spark names the columns of inline rows `col1`, `col2` …; DuckDB counts from 0. */
const writeValues: RelationRule = (node, writer, scope) => {
  const alias = plainAlias(node, writer);
  addRelation(scope, alias, "unknown");
  const { rows, width } = valuesRows(node, writer);
  const given = node.parts("column_aliases").map((column) => writer.identifier(column));
  const names = given.length > 0 ? given : Array.from({ length: width }, (_, at) => `"col${at + 1}"`);
  return `(VALUES ${rows}) AS ${quoteName(alias ?? "tl_values")}(${names.join(", ")})`;
};

/** The rows of VALUES and their width. */
export const valuesRows = (node: AstNode, writer: Writer): { rows: string; width: number } => {
  const rows = node.parts("expressions").map((row) => row.nodes("expressions").map((item) => writer.value(item).text));
  return { rows: rows.map((items) => `(${items.join(", ")})`).join(", "), width: rows[0]?.length ?? 0 };
};

/** `LATERAL explode(x) AS t(a)`, or the same without LATERAL. The parser gives the names as text or as parts. */
const writeLateral: RelationRule = (node, writer, scope) => {
  const rawAlias = node.raw("alias");
  const alias = typeof rawAlias === "string" ? writer.plainName(rawAlias) : undefined;
  const rawColumns = node.raw("column_aliases");
  const columns = Array.isArray(rawColumns)
    ? rawColumns.filter((name) => typeof name === "string").map((name) => writer.plainName(name))
    : [];
  const call = node.node("this");
  if (call.kind === "select" || call.kind === "subquery")
    throw unsupported("This form of LATERAL", "LATERAL", "Write LATERAL (SELECT …) AS name");
  addRelation(scope, alias, "unknown");
  return `LATERAL ${writeTableFunction(call, writer, { alias, columns })}`;
};

const writeAliasedFunction: RelationRule = (node, writer, scope) => {
  const alias = plainAlias(node, writer);
  const columns = node.parts("column_aliases").map((column) => writer.plainName(column.text("name") ?? ""));
  addRelation(scope, alias, "unknown");
  return writeTableFunction(node.node("this"), writer, { alias, columns });
};

const writeFunction: RelationRule = (node, writer, scope) => {
  addRelation(scope, undefined, "unknown");
  const name = node.text("name") ?? "";
  if (!name.startsWith(StandIn.function)) {
    throw unsupported(
      `The table function ${name}`,
      `${name}(…)`,
      "Read tables and views; files and other sources are closed",
    );
  }
  return writeTableFunction(node, writer, { alias: undefined, columns: [] });
};

const writeParenthesis: RelationRule = (node, writer, scope) => `(${writeRelation(node.node("this"), writer, scope)})`;

const writeJoined: RelationRule = (node, writer, scope) =>
  writeRelation(node.node("left"), writer, scope) + writeJoins(node.parts("joins"), writer, scope);

const relationRules: Readonly<Record<string, RelationRule>> = {
  table: writeTable,
  subquery: writeSubquery,
  values: writeValues,
  lateral: writeLateral,
  alias: writeAliasedFunction,
  function: writeFunction,
  paren: writeParenthesis,
  joined_table: writeJoined,
};

/** Writes one relation of FROM and registers it in the scope. */
export const writeRelation = (node: AstNode, writer: Writer, scope: Scope): string => {
  const rule = relationRules[node.kind];
  if (rule === undefined) throw unsupported(`${node.kind.replaceAll("_", " ")} in FROM`, node.kind);
  const text = rule(node, writer, scope);
  node.finish();
  return text;
};

const joinKeywords: Readonly<Record<string, string>> = {
  Inner: "JOIN",
  Left: "LEFT JOIN",
  Right: "RIGHT JOIN",
  Full: "FULL JOIN",
  Cross: "CROSS JOIN",
  Implicit: "CROSS JOIN",
  Natural: "NATURAL JOIN",
  LeftSemi: "SEMI JOIN",
  LeftAnti: "ANTI JOIN",
  Semi: "SEMI JOIN",
  Anti: "ANTI JOIN",
};

/**
 * In Spark a join binds tighter than a comma; the parser gives both in one row. Where that changes the rows, refuse.
 *
 * @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-qry-select-join
 */
export const checkCommas = (relationCount: number, joins: readonly AstNode[]): void => {
  let comma = relationCount > 1;
  for (const join of joins) {
    const kind = join.text("kind") ?? "";
    comma ||= kind === "Implicit";
    if (comma && (/^(?:Right|Full|Natural)/.test(kind) || join.has("using"))) {
      throw unsupported("A comma before this kind of join", `${kind} JOIN`, "Write CROSS JOIN instead of the comma");
    }
  }
};

/** Writes the joins that follow a relation, in order. */
export const writeJoins = (joins: readonly AstNode[], writer: Writer, scope: Scope): string =>
  joins
    .map((join) => {
      const kind = join.text("kind") ?? "";
      const keyword = joinKeywords[kind];
      if (keyword === undefined) throw unsupported(`A ${kind} join`, kind);
      const relation = writeRelation(join.node("this"), writer, scope);
      const using = join.parts("using").map((column) => writer.identifier(column));
      const on = join.optionalNode("on");
      const condition =
        using.length > 0 ? ` USING (${using.join(", ")})` : on === undefined ? "" : ` ON ${writer.value(on).text}`;
      // Spark joins without a condition give every pair; DuckDB wants that said.
      const shown = condition === "" && keyword === "JOIN" ? "CROSS JOIN" : keyword;
      return ` ${shown} ${relation}${condition}`;
    })
    .join("");

/** `LATERAL VIEW [OUTER] explode(x) t AS a`: a join with the rows of one array. */
export const writeLateralViews = (views: readonly AstNode[], writer: Writer, scope: Scope): string =>
  views
    .map((view) => {
      const outer = view.flag("outer");
      const alias = view.part("table_alias")?.text("name");
      const columns = view.parts("column_aliases").map((column) => writer.plainName(column.text("name") ?? ""));
      const name = alias === undefined ? undefined : writer.plainName(alias);
      addRelation(
        scope,
        name,
        columns.length === 0
          ? "unknown"
          : columns.some((column) => column.toLowerCase() === "status_code")
            ? "defines"
            : "without",
      );
      const rows = writeTableFunction(view.node("this"), writer, { alias: name, columns });
      return outer ? ` LEFT JOIN LATERAL ${rows} ON TRUE` : ` CROSS JOIN LATERAL ${rows}`;
    })
    .join("");
