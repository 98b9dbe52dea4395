import { castToName } from "../casts.ts";
import { emitted } from "../emitted.ts";
import { quoteString } from "../../quote-sql.ts";
import {
  argumentAt,
  checkCount,
  checkScalar,
  direct,
  type FunctionRule,
  type FunctionRules,
} from "../function-call.ts";
import type { PathStep } from "../parser-text.ts";
import { unsupported } from "../refusal.ts";
import { extractPath } from "../subscript.ts";

/**
 * Reads a JSON path of fixed steps: `$.a`, `$['a.b']`, `$.a[0]`. Wildcards and recursion are refused.
 *
 * @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-json-path-expression
 */
const readJsonPath = (path: string): PathStep[] => {
  const steps: PathStep[] = [];
  const step = /\.([\p{L}_][\p{L}\p{N}_-]*)|\[(\d{1,9})\]|\['([^']*)'\]|\["([^"]*)"\]/uy;
  step.lastIndex = 1;
  while (path.startsWith("$") && step.lastIndex < path.length) {
    const match = step.exec(path);
    if (match === null) break;
    const [, name, index, single, double] = match;
    steps.push(index === undefined ? { key: name ?? single ?? double ?? "" } : { index: Number(index) });
    if (step.lastIndex === path.length) return steps;
  }
  if (path === "$") return steps;
  throw unsupported("A JSON path of this form", path, "Use $.name, $['name'] and [0]");
};

const pathArgument = (path: string | undefined, name: string): PathStep[] => {
  if (path === undefined) throw unsupported("A computed JSON path", `${name}(…)`, "Write the path as a string literal");
  return readJsonPath(path);
};

const variantGet =
  (attempt: boolean): FunctionRule =>
  (call, writer) => {
    checkScalar(call);
    checkCount(call, 2, 3);
    const steps = pathArgument(writer.literalString(argumentAt(call, 1)), call.name);
    const found = extractPath(writer.expression(argumentAt(call, 0)), steps);
    if (call.args.length === 2) return found;
    const target = writer.literalString(argumentAt(call, 2));
    const cast = target === undefined ? undefined : castToName(found, target, attempt);
    if (cast === undefined) {
      throw unsupported(
        "A VARIANT of this type",
        target ?? "a computed type",
        "Use 'string', 'int', 'bigint', 'double' …",
      );
    }
    return cast;
  };

/** A quoted JSON path of DuckDB, in which only `"` and `\` need care. */
const toDuckPath = (steps: readonly PathStep[]): string =>
  `$${steps.map((step) => ("key" in step ? `."${step.key}"` : `[${step.index}]`)).join("")}`;

const getJsonObject: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 2, 2);
  const steps = pathArgument(writer.literalString(argumentAt(call, 1)), call.name);
  if (steps.some((step) => "key" in step && /["\\]/.test(step.key))) {
    throw unsupported("A JSON path with a quote in a key", call.name);
  }
  return emitted(
    `tl_json_text(${writer.value(argumentAt(call, 0)).text}, ${quoteString(toDuckPath(steps))})`,
    "string",
  );
};

const toJson: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 1, 1);
  return emitted(`tl_to_json(${writer.expression(argumentAt(call, 0)).text})`, "string");
};

export const variantRules: FunctionRules = {
  variant_get: variantGet(false),
  try_variant_get: variantGet(true),
  get_json_object: getJsonObject,
  parse_json: direct("tl_parse_json", 1, 1, "variant"),
  try_parse_json: direct("tl_try_parse_json", 1, 1, "variant"),
  to_json: toJson,
};
