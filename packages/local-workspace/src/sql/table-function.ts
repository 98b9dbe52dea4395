import type { AstNode } from "./ast-node.ts";
import { quoteName } from "../quote-sql.ts";
import { StandIn } from "./parser-text.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import { newScope } from "./scope.ts";
import type { Writer } from "./writer.ts";

interface Naming {
  readonly alias: string | undefined;
  readonly columns: readonly string[];
}

const suffix = (alias: string | undefined): string => ` AS ${quoteName(alias ?? "tl_rows")}`;

const oneArgument = (call: AstNode, writer: Writer): string => {
  const [argument, ...others] = call.nodes("args");
  if (argument === undefined || others.length > 0) throw syntaxError("a generator takes one argument", call.kind);
  return writer.value(argument).text;
};

/** `explode`: one name is an array's element, two names are a map's key and value. The engine refuses a wrong container. */
const explode = (list: string, { columns }: Naming): string => {
  const [first = "col", second, ...others] = columns;
  if (others.length > 0) throw syntaxError("explode() gives one or two columns", columns.join(", "));
  return second === undefined
    ? `SELECT unnest(list_select(${list}, range(1, len(${list}) + 1))) AS ${quoteName(first)}`
    : `SELECT unnest(map_keys(${list})) AS ${quoteName(first)}, unnest(map_values(${list})) AS ${quoteName(second)}`;
};

const explodeWithPosition = (list: string, { columns }: Naming): string => {
  const [position = "pos", element = "col", ...others] = columns;
  if (others.length > 0) throw unsupported("posexplode() of a map", columns.join(", "));
  return `SELECT unnest(range(0, len(${list}))) AS ${quoteName(position)}, unnest(${list}) AS ${quoteName(element)}`;
};

const range = (call: AstNode, writer: Writer, { columns }: Naming): string => {
  const args = call.nodes("args").map((argument) => writer.value(argument).text);
  if (args.length < 1 || args.length > 3) throw syntaxError("range() takes 1 to 3 arguments", `${args.length}`);
  return `SELECT range AS ${quoteName(columns[0] ?? "id")} FROM range(${args.join(", ")})`;
};

/** Writes a table function as a subquery. Only the generators of Databricks that touch nothing else are known. */
export const writeTableFunction = (call: AstNode, writer: Writer, naming: Naming): string => {
  writer.scopes.push(newScope(true));
  const text = writeGenerator(call, writer, naming);
  writer.scopes.pop();
  return text;
};

const writeGenerator = (call: AstNode, writer: Writer, naming: Naming): string => {
  const name = call.kind === "function" ? (call.text("name") ?? "") : call.kind;
  const plain = name.startsWith(StandIn.function) ? name.slice(StandIn.function.length) : "";
  if (call.kind === "function" && plain === "explode") {
    return `(${explode(oneArgument(call, writer), naming)})${suffix(naming.alias)}`;
  }
  if (call.kind === "function" && plain === "posexplode") {
    return `(${explodeWithPosition(oneArgument(call, writer), naming)})${suffix(naming.alias)}`;
  }
  if (call.kind === "function" && plain === "range") {
    return `(${range(call, writer, naming)})${suffix(naming.alias)}`;
  }
  const shown = plain === "" ? name : plain;
  throw unsupported(
    `The table function ${shown}`,
    `${shown}(…)`,
    "Read tables and views; files and other sources are closed",
  );
};
