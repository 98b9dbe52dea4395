import type { AstNode } from "./ast-node.ts";
import { quoteName } from "../quote-sql.ts";
import { StandIn } from "./parser-text.ts";
import { unsupported } from "./refusal.ts";
import type { Scope, StatusColumn } from "./scope.ts";
import type { Writer } from "./writer.ts";

interface WrittenItem {
  readonly text: string;
  /** The name of the column, in lower case; undefined for `*` and for what has no name that matters. */
  readonly name: string | undefined;
  readonly star: "none" | "all" | "other";
}

const columnName = (node: AstNode, writer: Writer): string | undefined => {
  const name = node.kind === "column" ? node.part("name")?.text("name") : node.part("field")?.text("name");
  if (name === undefined || name.startsWith(StandIn.parameter)) return undefined;
  return node.kind === "column" || node.kind === "dot" ? writer.plainName(name) : undefined;
};

const writeStar = (node: AstNode, writer: Writer): WrittenItem => {
  const table = node.part("table")?.text("name");
  const except = node.parts("except").map((column) => writer.identifier(column));
  node.finish();
  const prefix =
    table === undefined
      ? ""
      : `${table
          .split(".")
          .map((part) => quoteName(writer.plainName(part)))
          .join(".")}.`;
  const exclude = except.length === 0 ? "" : ` EXCLUDE (${except.join(", ")})`;
  return { text: `${prefix}*${exclude}`, name: undefined, star: except.length === 0 ? "all" : "other" };
};

/** `SELECT explode(x) AS a`: rows for each element, none for an empty array, as DuckDB's unnest gives. */
const writeGenerator = (node: AstNode, writer: Writer): string | undefined => {
  const name = node.kind === "function" ? node.text("name") : undefined;
  if (name !== `${StandIn.function}explode`) return undefined;
  const [argument, ...others] = node.nodes("args");
  if (argument === undefined || others.length > 0) throw unsupported("explode() of several arguments", "explode(…)");
  const list = writer.value(argument).text;
  node.finish();
  return `unnest(list_select(${list}, range(1, len(${list}) + 1)))`;
};

const writeItem = (node: AstNode, writer: Writer, generatedName: string | undefined): WrittenItem => {
  if (node.kind === "star") return writeStar(node, writer);
  const aliased = node.kind === "alias";
  const expression = aliased ? node.node("this") : node;
  const aliasName = aliased ? node.part("alias")?.text("name") : undefined;
  const alias = aliasName === undefined ? undefined : writer.plainName(aliasName);
  const generated = writeGenerator(expression, writer);
  const text = generated ?? writer.expression(expression).text;
  if (aliased) node.finish();
  const ownName = columnName(expression, writer);
  if (alias !== undefined) return { text: `${text} AS ${quoteName(alias)}`, name: alias.toLowerCase(), star: "none" };
  const name = ownName ?? (generated === undefined ? generatedName : "col");
  const hasName = name === undefined || (ownName !== undefined && text.endsWith(quoteName(name)));
  const shown = hasName ? text : `${text} AS ${quoteName(name)}`;
  return { text: shown, name: name?.toLowerCase(), star: "none" };
};

const statusOf = (items: readonly WrittenItem[], scope: Scope): StatusColumn => {
  if (items.some(({ name }) => name === "status_code")) return "defines";
  const stars = items.filter(({ star }) => star !== "none");
  if (stars.length === 0) return "without";
  const [only, ...others] = scope.relations;
  if (others.length > 0 || only === undefined) return "unknown";
  return only.status === "spans" && stars.some(({ star }) => star === "other") ? "unknown" : only.status;
};

/** How the list itself defines `status_code`, and which names it gives. Read before writing, since Spark looks there too. */
const announce = (nodes: readonly AstNode[], writer: Writer, scope: Scope): void => {
  for (const node of nodes) {
    const alias = node.kind === "alias" ? node.part("alias")?.text("name") : undefined;
    const expression = node.kind === "alias" ? node.node("this") : node;
    const ownName = columnName(expression, writer)?.toLowerCase();
    const shown = alias === undefined ? ownName : writer.plainName(alias).toLowerCase();
    if (alias !== undefined && shown !== undefined) scope.aliases.add(shown);
    if (shown === "status_code") {
      scope.ownStatusCode = ownName === "status_code" && expression.kind === "column" ? "bare" : "expression";
    }
  }
};

/** Writes the select list. Items without a name get the text that the user wrote as their name, where it is known. */
export const writeItems = (node: AstNode, writer: Writer, scope: Scope): { text: string; status: StatusColumn } => {
  const distinct = node.flag("distinct") ? "DISTINCT " : "";
  const nodes = node.nodes("expressions");
  const names = writer.itemNames(nodes.length);
  announce(node.nodes("expressions"), writer, scope);
  const items = nodes.map((item, at) => writeItem(item, writer, names[at]));
  if (items.filter(({ text }) => text.startsWith("unnest(")).length > 1) {
    throw unsupported("Several generators in one select list", "explode(…)", "Use LATERAL VIEW explode(…)");
  }
  return { text: `${distinct}${items.map(({ text }) => text).join(", ")}`, status: statusOf(items, scope) };
};
