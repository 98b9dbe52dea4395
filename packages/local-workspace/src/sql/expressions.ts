import { AstNode } from "./ast-node.ts";
import { castTo } from "./casts.ts";
import { emitted, type Emitted } from "./emitted.ts";
import { quoteName, quoteString } from "../quote-sql.ts";
import { functionCallRules } from "./function-nodes.ts";
import { writeInterval } from "./interval.ts";
import { arithmeticRules, comparisonRules } from "./operators.ts";
import { StandIn } from "./parser-text.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import { findSpansRelation, isLateColumn } from "./scope.ts";
import { extractPath, mapOrListElement } from "./subscript.ts";
import type { Writer } from "./writer.ts";

/** How one kind of node is written. */
export type ExpressionRule = (node: AstNode, writer: Writer) => Emitted;

const statusCodeNote =
  "status_code is a shorthand of the local workspace; on Databricks write status.code = 'STATUS_CODE_ERROR'";

/** `status_code` of a spans table, which Databricks does not have: the code without its `STATUS_CODE_` prefix. */
const statusCode = (qualifier: string | undefined, writer: Writer): Emitted | undefined => {
  const relation = findSpansRelation(writer.scopes, qualifier);
  if (relation === undefined) return undefined;
  writer.note(statusCodeNote);
  const prefix = relation.qualifier === undefined ? "" : `${relation.qualifier}.`;
  return emitted(`replace(${prefix}"status"."code", 'STATUS_CODE_', '')`, "string");
};

const writeColumn: ExpressionRule = (node, writer) => {
  const name = node.part("name")?.text("name") ?? "";
  const table = node.part("table")?.text("name");
  if (name.startsWith(StandIn.parameter)) {
    const parameter = writer.source.parameters[Number(name.slice(StandIn.parameter.length))];
    writer.late();
    return emitted(`$${parameter ?? 0}`);
  }
  const plain = writer.plainName(name);
  const qualifier = table === undefined ? undefined : writer.plainName(table);
  if (plain.toLowerCase() === "status_code") {
    const shorthand = statusCode(qualifier, writer);
    if (shorthand !== undefined) return shorthand;
  }
  if (isLateColumn(writer.scopes, qualifier, plain)) writer.late();
  return emitted(qualifier === undefined ? quoteName(plain) : `${quoteName(qualifier)}.${quoteName(plain)}`);
};

const writeLiteral: ExpressionRule = (node, writer) => {
  const kind = node.text("literal_type") ?? "";
  const value = node.text("value") ?? "";
  switch (kind) {
    case "number":
      return emitted(value, /e/i.test(value) ? "double" : value.includes(".") ? "decimal" : "integer");
    case "string":
      return emitted(quoteString(writer.plainString(value)), "string");
    case "date":
      return emitted(`CAST(${quoteString(writer.plainString(value))} AS DATE)`, "date");
    case "timestamp":
      return emitted(`tl_cast_timestamp(${quoteString(writer.plainString(value))})`, "timestamp");
    default:
      throw unsupported(`A literal of kind ${kind}`, value);
  }
};

const writeCase: ExpressionRule = (node, writer) => {
  const operand = node.optionalNode("operand");
  const whens = node.raw("whens");
  if (!Array.isArray(whens)) throw syntaxError("CASE has no WHEN", "CASE");
  const branches = whens.map((pair: unknown) => {
    const [condition, result] = Array.isArray(pair) ? pair : [];
    return ` WHEN ${writer.value(AstNode.of(condition)).text} THEN ${writer.value(AstNode.of(result)).text}`;
  });
  const otherwise = node.optionalNode("else_");
  const subject = operand === undefined ? "" : ` ${writer.value(operand).text}`;
  const last = otherwise === undefined ? "" : ` ELSE ${writer.value(otherwise).text}`;
  return emitted(`CASE${subject}${branches.join("")}${last} END`);
};

const writeSubscript: ExpressionRule = (node, writer) => {
  const base = node.node("this");
  const index = node.node("index");
  const path = index.kind === "literal" ? (index.text("value") ?? "") : "";
  if (path.startsWith(StandIn.path)) {
    return extractPath(writer.expression(base), writer.source.paths[Number(path.slice(StandIn.path.length))] ?? []);
  }
  return mapOrListElement(writer.value(base), index, writer);
};

const truth =
  (value: "TRUE" | "FALSE"): ExpressionRule =>
  (node, writer) => {
    const not = node.flag("not") ? " NOT" : "";
    return emitted(`(${writer.value(node.node("this")).text} IS${not} ${value})`, "boolean");
  };

const writeTrim: ExpressionRule = (node, writer) => {
  const subject = writer.value(node.node("this")).text;
  const characters = node.optionalNode("characters");
  const names: Readonly<Record<string, string>> = { Both: "trim", Leading: "ltrim", Trailing: "rtrim" };
  const name = names[node.text("position") ?? "Both"] ?? "trim";
  const set = characters === undefined ? "" : `, ${writer.value(characters).text}`;
  return emitted(`${name}(${subject}${set})`, "string");
};

const cast =
  (attempt: boolean): ExpressionRule =>
  (node, writer) => {
    const operand = writer.expression(node.node("this"));
    const target = node.part("to");
    if (target === undefined) throw syntaxError("a cast names no type", "CAST");
    return castTo(operand, target, attempt);
  };

/** A column by its parts, which can be a qualified name or fields of a struct: the engine finds out, as Spark does. */
const plainChain = /^"(?:[^"]|"")*"(?:\."(?:[^"]|"")*")*$/;

/** The rules by kind of node; what is not here is refused. */
export const expressionRules: Readonly<Record<string, ExpressionRule>> = {
  ...arithmeticRules,
  ...comparisonRules,
  ...functionCallRules,
  literal: writeLiteral,
  column: writeColumn,
  null: (_, writer) => {
    writer.late();
    return emitted("NULL");
  },
  boolean: (node) => emitted(node.flag("value") ? "TRUE" : "FALSE", "boolean"),
  case: writeCase,
  subscript: writeSubscript,
  interval: writeInterval,
  trim: writeTrim,
  cast: cast(false),
  try_cast: cast(true),
  is_true: truth("TRUE"),
  is_false: truth("FALSE"),
  dot: (node, writer) => {
    const base = writer.value(node.node("this")).text;
    const field = writer.identifier(node.part("field"));
    return emitted(plainChain.test(base) ? `${base}.${field}` : `(${base}).${field}`);
  },
  paren: (node, writer) => {
    const inner = writer.expression(node.node("this"));
    return emitted(`(${inner.text})`, inner.type);
  },
  tuple: (node, writer) =>
    emitted(
      `row(${node
        .nodes("expressions")
        .map((item) => writer.value(item).text)
        .join(", ")})`,
    ),
  subquery: (node, writer) => emitted(`(${writer.query(node.node("this")).text})`),
  exists: (node, writer) =>
    emitted(`${node.flag("not") ? "NOT " : ""}EXISTS (${writer.query(node.node("this")).text})`, "boolean"),
  is_null: (node, writer) =>
    emitted(`(${writer.value(node.node("this")).text} IS ${node.flag("not") ? "NOT " : ""}NULL)`, "boolean"),
  str_position: (node, writer) =>
    emitted(`instr(${writer.value(node.node("this")).text}, ${writer.value(node.node("substr")).text})`, "integer"),
};
