import type { AstNode } from "./ast-node.ts";
import { emitted, type Emitted } from "./emitted.ts";
import type { ExpressionRule } from "./expressions.ts";
import type { FunctionCall } from "./function-call.ts";
import { functionRule } from "./functions/catalogue.ts";
import { datePart } from "./functions/datetime.ts";
import { StandIn } from "./parser-text.ts";
import { unsupported } from "./refusal.ts";
import { writeOver } from "./window.ts";
import type { Writer } from "./writer.ts";

const withoutParentheses: ReadonlySet<string> = new Set(["current_timestamp", "current_date", "current_user"]);

const nameOf = (node: AstNode): string => {
  const name = node.text("name") ?? "";
  if (name.startsWith(StandIn.function)) return name.slice(StandIn.function.length);
  if (node.raw("no_parens") === true && withoutParentheses.has(name.toLowerCase())) return name.toLowerCase();
  throw unsupported(`The function ${name}`, `${name}(…)`, "Use another function, or run the statement on Databricks");
};

interface Surroundings {
  readonly over?: string;
  readonly withinGroup?: string;
}

const readCall = (node: AstNode, writer: Writer, around: Surroundings): FunctionCall => {
  if (node.kind !== "function" && node.kind !== "aggregate_function") {
    const name = node.kind.replaceAll("_", " ");
    throw unsupported(`The function ${name}`, name, "Use another function, or run the statement on Databricks");
  }
  const filter = node.optionalNode("filter");
  return {
    name: nameOf(node),
    args: node.nodes("args"),
    distinct: node.flag("distinct"),
    ignoreNulls: node.flag("ignore_nulls"),
    filter: filter === undefined ? undefined : writer.value(filter).text,
    over: around.over,
    withinGroup: around.withinGroup,
  };
};

const writeCall = (node: AstNode, writer: Writer, around: Surroundings): Emitted => {
  const call = readCall(node, writer, around);
  const rule = functionRule(call.name);
  if (rule === undefined) throw unsupported(`The function ${call.name}`, `${call.name}(…)`);
  const written = rule(call, writer);
  node.finish();
  return written;
};

const call: ExpressionRule = (node, writer) => writeCall(node, writer, {});

const withinGroup: ExpressionRule = (node, writer) =>
  writeCall(node.node("this"), writer, { withinGroup: writer.ordering(node.parts("order_by")) });

const windowed: ExpressionRule = (node, writer) => {
  const over = node.part("over");
  return writeCall(node.node("this"), writer, { over: over === undefined ? "" : writeOver(over, writer) });
};

const extract: ExpressionRule = (node, writer) =>
  emitted(datePart(node.text("field") ?? "", writer.value(node.node("this"))), "integer");

/** The nodes that stand for a call. */
export const functionCallRules: Readonly<Record<string, ExpressionRule>> = {
  function: call,
  aggregate_function: call,
  within_group: withinGroup,
  window_function: windowed,
  extract,
};
