import type { AstNode } from "./ast-node.ts";
import { callMacro, emitted, type Emitted, type KnownType } from "./emitted.ts";
import { quoteString } from "../quote-sql.ts";
import type { ExpressionRule } from "./expressions.ts";
import { unsupported } from "./refusal.ts";
import type { Writer } from "./writer.ts";

const operands = (node: AstNode, writer: Writer): [Emitted, Emitted] => [
  writer.value(node.node("left")),
  writer.value(node.node("right")),
];

const infix =
  (operator: string, type: KnownType = "unknown"): ExpressionRule =>
  (node, writer) => {
    const [left, right] = operands(node, writer);
    return emitted(`(${left.text} ${operator} ${right.text})`, type);
  };

const numeric: ReadonlySet<KnownType> = new Set(["integer", "decimal", "double"]);
const isInterval = ({ type }: Emitted): boolean => type === "interval" || type === "day-interval";

/**
 * Adds or subtracts. A DATE plus whole days stays a DATE in Spark and becomes a TIMESTAMP in DuckDB, and the difference
 * of two DATEs is an INTERVAL in Spark and a number in DuckDB: the macros decide by the bound types.
 */
const additive =
  (operator: "+" | "-"): ExpressionRule =>
  (node, writer) => {
    let [left, right] = operands(node, writer);
    if (operator === "+" && isInterval(left) && !isInterval(right)) [left, right] = [right, left];
    const plain = `(${left.text} ${operator} ${right.text})`;
    if (isInterval(right)) {
      if (isInterval(left)) {
        return emitted(plain, left.type === right.type ? left.type : "interval");
      }
      if (right.type === "interval") return emitted(plain, "timestamp");
      const macro = operator === "+" ? "tl_plus_days" : "tl_minus_days";
      if (left.type === "date") return emitted(`CAST(${plain} AS DATE)`, "date");
      if (left.type === "timestamp") return emitted(plain, "timestamp");
      return callMacro(macro, [left, right]);
    }
    if (numeric.has(left.type) || numeric.has(right.type)) return emitted(plain);
    return emitted(operator === "-" ? `tl_minus(${left.text}, ${right.text})` : plain);
  };

/** Databricks raises DIVIDE_BY_ZERO, where DuckDB answers infinity or NULL. */
const dividing =
  (macro: string, operator: string | undefined, type: KnownType): ExpressionRule =>
  (node, writer) => {
    const parts = node.has("left") ? ["left", "right"] : ["this", "expression"];
    const left = writer.value(node.node(parts[0] ?? ""));
    const right = writer.value(node.node(parts[1] ?? ""));
    const safe = numeric.has(right.type) && /^[\d.e+]+$/i.test(right.text) && Number(right.text) !== 0;
    if (safe && operator !== undefined) return emitted(`(${left.text} ${operator} ${right.text})`, type);
    return emitted(`${macro}(${left.text}, ${right.text})`, type);
  };

/** DuckDB drops the offset when it reads such text as a TIMESTAMP. */
const offsetTime = /^\d{4}-\d{1,2}-\d{1,2}[T ].*[+-]\d{2}(?::?\d{2})?$/;

const comparisonOperand = (node: AstNode, writer: Writer): string => {
  const text = writer.literalString(node);
  if (text !== undefined && offsetTime.test(text.trim())) {
    throw unsupported("A time with an offset as plain text", text, `Write TIMESTAMP ${quoteString(text)}`);
  }
  return writer.value(node).text;
};

const comparison =
  (operator: string): ExpressionRule =>
  (node, writer) => {
    const left = comparisonOperand(node.node("left"), writer);
    return emitted(`(${left} ${operator} ${comparisonOperand(node.node("right"), writer)})`, "boolean");
  };

/**
 * LIKE with `\` as the escape character, which is Spark's default and not DuckDB's. NOT LIKE ALL holds where each of the
 * patterns does not match, and NOT LIKE ANY where one does not.
 */
const like =
  (operator: "LIKE" | "ILIKE", negation: "" | "NOT " = ""): ExpressionRule =>
  (node, writer) => {
    const subject = writer.value(node.node("left")).text;
    const pattern = node.node("right");
    const escapeNode = node.optionalNode("escape");
    const escape = escapeNode === undefined ? quoteString("\\") : writer.value(escapeNode).text;
    const quantifier = node.text("quantifier");
    const one = (item: AstNode): string =>
      `(${negation}${subject} ${operator} ${writer.value(item).text} ESCAPE ${escape})`;
    if (quantifier === undefined) return emitted(one(pattern), "boolean");
    const patterns = pattern.kind === "tuple" ? pattern.nodes("expressions") : [pattern];
    return emitted(`(${patterns.map(one).join(quantifier.toUpperCase() === "ALL" ? " AND " : " OR ")})`, "boolean");
  };

const not: ExpressionRule = (node, writer) => {
  const operand = node.node("this");
  const isLike = operand.kind === "like" || operand.kind === "i_like";
  if (!isLike || !operand.has("quantifier")) return emitted(`(NOT ${writer.value(operand).text})`, "boolean");
  const written = like(operand.kind === "like" ? "LIKE" : "ILIKE", "NOT ")(operand, writer);
  operand.finish();
  return written;
};

const isIn: ExpressionRule = (node, writer) => {
  const not = node.flag("not") ? "NOT " : "";
  const subject = comparisonOperand(node.node("this"), writer);
  const query = node.optionalNode("query");
  const list =
    query === undefined
      ? node
          .nodes("expressions")
          .map((item) => comparisonOperand(item, writer))
          .join(", ")
      : writer.query(query).text;
  return emitted(`(${subject} ${not}IN (${list}))`, "boolean");
};

const between: ExpressionRule = (node, writer) => {
  const [subject, low, high] = (["this", "low", "high"] as const).map((name) =>
    comparisonOperand(node.node(name), writer),
  );
  return emitted(`(${subject} ${node.flag("not") ? "NOT " : ""}BETWEEN ${low} AND ${high})`, "boolean");
};

const concat: ExpressionRule = (node, writer) => {
  const [left, right] = operands(node, writer);
  return emitted(`(${concatPart(left)} || ${concatPart(right)})`, "string");
};

/** An operand of a concatenation, as Spark writes it as text. */
export const concatPart = (part: Emitted): string =>
  part.type === "string" ? part.text : callMacro("tl_concat_part", [part]).text;

/** Arithmetic and bits. DuckDB's `^` is a power, so XOR is a function. */
export const arithmeticRules: Readonly<Record<string, ExpressionRule>> = {
  add: additive("+"),
  sub: additive("-"),
  mul: infix("*"),
  div: dividing("tl_divide", "/", "double"),
  mod: dividing("tl_mod", "%", "unknown"),
  int_div: dividing("tl_int_div", undefined, "integer"),
  bitwise_and: infix("&", "integer"),
  bitwise_or: infix("|", "integer"),
  bitwise_xor: (node, writer) => {
    const [left, right] = operands(node, writer);
    return emitted(`xor(${left.text}, ${right.text})`, "integer");
  },
  bitwise_not: (node, writer) => emitted(`(~${writer.value(node.node("this")).text})`, "integer"),
  neg: (node, writer) => {
    const operand = writer.value(node.node("this"));
    return emitted(`(- ${operand.text})`, operand.type);
  },
  concat,
};

/** Comparisons and logic. */
export const comparisonRules: Readonly<Record<string, ExpressionRule>> = {
  and: infix("AND", "boolean"),
  or: infix("OR", "boolean"),
  not,
  eq: comparison("="),
  neq: comparison("<>"),
  lt: comparison("<"),
  lte: comparison("<="),
  gt: comparison(">"),
  gte: comparison(">="),
  null_safe_eq: comparison("IS NOT DISTINCT FROM"),
  null_safe_neq: comparison("IS DISTINCT FROM"),
  like: like("LIKE"),
  i_like: like("ILIKE"),
  regexp_like: (node, writer) =>
    emitted(
      `regexp_matches(${writer.value(node.node("this")).text}, ${writer.value(node.node("pattern")).text})`,
      "boolean",
    ),
  in: isIn,
  between,
};
