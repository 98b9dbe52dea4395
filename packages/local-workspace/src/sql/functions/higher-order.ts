import type { AstNode } from "../ast-node.ts";
import { emitted, type KnownType } from "../emitted.ts";
import { quoteName } from "../../quote-sql.ts";
import { argumentAt, checkCount, checkScalar, type FunctionRule, type FunctionRules } from "../function-call.ts";
import { unsupported } from "../refusal.ts";
import type { Writer } from "../writer.ts";

const oneParameter = (node: AstNode, writer: Writer): { name: string; body: string } => {
  if (node.kind !== "lambda") throw unsupported("An argument that is no lambda", node.kind, "Write x -> …");
  const [first, ...others] = node.parts("parameters");
  if (first === undefined || others.length > 0) {
    throw unsupported("A lambda of several parameters", "(x, i) -> …", "Use one parameter");
  }
  const plain = writer.plainName(first.text("name") ?? "");
  const parameters = writer.scopes.at(-1)?.lambdaParameters;
  const outer = parameters?.has(plain.toLowerCase()) === true;
  parameters?.add(plain.toLowerCase());
  const body = writer.value(node.node("body")).text;
  if (!outer) parameters?.delete(plain.toLowerCase());
  node.finish();
  return { name: quoteName(plain), body };
};

const over =
  (type: KnownType, write: (list: string, lambda: (body: string) => string, body: string) => string): FunctionRule =>
  (call, writer) => {
    checkScalar(call);
    checkCount(call, 2, 2);
    const list = writer.value(argumentAt(call, 0)).text;
    const { name, body } = oneParameter(argumentAt(call, 1), writer);
    return emitted(
      write(list, (text) => `lambda ${name}: ${text}`, body),
      type,
    );
  };

/** Functions over arrays with a lambda. `exists` and `forall` answer NULL where an unknown element decides. */
export const higherOrderRules: FunctionRules = {
  transform: over("array", (list, lambda, body) => `list_transform(${list}, ${lambda(body)})`),
  filter: over("array", (list, lambda, body) => `list_filter(${list}, ${lambda(body)})`),
  exists: over(
    "boolean",
    (list, lambda, body) =>
      `CASE WHEN len(list_filter(${list}, ${lambda(body)})) > 0 THEN TRUE WHEN len(list_filter(${list}, ${lambda(`(${body}) IS NULL`)})) > 0 OR ${list} IS NULL THEN NULL ELSE FALSE END`,
  ),
  forall: over(
    "boolean",
    (list, lambda, body) =>
      `CASE WHEN len(list_filter(${list}, ${lambda(`NOT (${body})`)})) > 0 THEN FALSE WHEN len(list_filter(${list}, ${lambda(`(${body}) IS NULL`)})) > 0 OR ${list} IS NULL THEN NULL ELSE TRUE END`,
  ),
};
