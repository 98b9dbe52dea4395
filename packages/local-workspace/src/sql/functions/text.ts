import { emitted } from "../emitted.ts";
import { quoteString } from "../../quote-sql.ts";
import {
  argumentAt,
  checkCount,
  checkScalar,
  direct,
  scalar,
  type FunctionCall,
  type FunctionRule,
  type FunctionRules,
} from "../function-call.ts";
import { concatPart } from "../operators.ts";
import { unsupported } from "../refusal.ts";
import type { Writer } from "../writer.ts";

const concat: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 1, Infinity);
  return emitted(`(${call.args.map((part) => concatPart(writer.value(part))).join(" || ")})`, "string");
};

const concatWithSeparator: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 2, Infinity);
  const [separator, ...parts] = call.args.map((part) => writer.value(part));
  // One array in place of texts is joined too: the usual way to list the values of a group.
  const [only] = parts;
  if (parts.length === 1 && only?.type === "array") {
    return emitted(`coalesce(array_to_string(${only.text}, ${separator?.text ?? ""}), '')`, "string");
  }
  const list = parts.map((part) => concatPart(part)).join(", ");
  return emitted(`concat_ws(${separator?.text ?? ""}, ${list})`, "string");
};

/** A pattern that Java and RE2 read alike: constructs that RE2 lacks make DuckDB raise an error, an empty one differs. */
const pattern = (call: FunctionCall, position: number, writer: Writer): string => {
  const node = argumentAt(call, position);
  if (writer.literalString(node) === "") throw unsupported("An empty pattern", call.name, "Write a pattern");
  return writer.value(node).text;
};

/** Java writes groups as `$1` and escapes with `\`; RE2 writes `\1`. */
const toReplacement = (java: string): string =>
  java.replaceAll(/\\(.)|\$(\d)|([\\$])/gs, (whole, escaped: string | undefined, group: string | undefined) => {
    if (group !== undefined) return `\\${group}`;
    if (escaped !== undefined) return escaped === "\\" ? "\\\\" : escaped;
    throw unsupported("A replacement with a named group", whole, "Use $1, $2 …");
  });

const regexpReplace: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 3, 3);
  const replacement = writer.literalString(argumentAt(call, 2));
  if (replacement === undefined)
    throw unsupported("A computed replacement", "regexp_replace(…)", "Write a string literal");
  const subject = writer.value(argumentAt(call, 0)).text;
  const written = quoteString(toReplacement(replacement));
  return emitted(`regexp_replace(${subject}, ${pattern(call, 1, writer)}, ${written}, 'g')`, "string");
};

const regexpExtract: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 2, 3);
  const group = call.args[2] === undefined ? "1" : writer.value(argumentAt(call, 2)).text;
  const subject = writer.value(argumentAt(call, 0)).text;
  return emitted(`regexp_extract(${subject}, ${pattern(call, 1, writer)}, ${group})`, "string");
};

const split: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 2, 2);
  return emitted(`string_split_regex(${writer.value(argumentAt(call, 0)).text}, ${pattern(call, 1, writer)})`, "array");
};

const matches: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 2, 2);
  const subject = writer.value(argumentAt(call, 0)).text;
  return emitted(`regexp_matches(${subject}, ${writer.value(argumentAt(call, 1)).text})`, "boolean");
};

const substring = scalar(2, 3, "string", ([text = "", start = "", length]) =>
  length === undefined
    ? `substring(${text}, tl_start(${start}))`
    : `substring(${text}, tl_start(${start}), greatest(${length}, 0))`,
);

const pad = (name: "lpad" | "rpad"): FunctionRule =>
  scalar(2, 3, "string", ([text = "", length = "", fill = "' '"]) => `${name}(${text}, ${length}, ${fill})`);

/** @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-functions-builtin */
export const textRules: FunctionRules = {
  concat,
  concat_ws: concatWithSeparator,
  upper: direct("upper", 1, 1, "string"),
  ucase: direct("upper", 1, 1, "string"),
  lower: direct("lower", 1, 1, "string"),
  lcase: direct("lower", 1, 1, "string"),
  length: direct("length", 1, 1, "integer"),
  len: direct("length", 1, 1, "integer"),
  char_length: direct("length", 1, 1, "integer"),
  character_length: direct("length", 1, 1, "integer"),
  octet_length: direct("strlen", 1, 1, "integer"),
  trim: direct("trim", 1, 1, "string"),
  btrim: direct("trim", 1, 2, "string"),
  ltrim: direct("ltrim", 1, 1, "string"),
  rtrim: direct("rtrim", 1, 1, "string"),
  replace: scalar(2, 3, "string", ([text = "", search = "", by = "''"]) => `replace(${text}, ${search}, ${by})`),
  translate: direct("translate", 3, 3, "string"),
  repeat: scalar(2, 2, "string", ([text = "", times = ""]) => `repeat(${text}, greatest(${times}, 0))`),
  reverse: direct("tl_reverse", 1),
  left: scalar(2, 2, "string", ([text = "", count = ""]) => `left(${text}, greatest(${count}, 0))`),
  right: scalar(2, 2, "string", ([text = "", count = ""]) => `right(${text}, greatest(${count}, 0))`),
  substring,
  substr: substring,
  lpad: pad("lpad"),
  rpad: pad("rpad"),
  split,
  split_part: direct("split_part", 3, 3, "string"),
  startswith: direct("starts_with", 2, 2, "boolean"),
  endswith: direct("ends_with", 2, 2, "boolean"),
  contains: scalar(2, 2, "boolean", ([text = "", part = ""]) => `(instr(${text}, ${part}) > 0)`),
  instr: direct("instr", 2, 2, "integer"),
  locate: scalar(2, 2, "integer", ([part = "", text = ""]) => `instr(${text}, ${part})`),
  position: scalar(2, 2, "integer", ([part = "", text = ""]) => `instr(${text}, ${part})`),
  charindex: scalar(2, 2, "integer", ([part = "", text = ""]) => `instr(${text}, ${part})`),
  levenshtein: direct("levenshtein", 2, 2, "integer"),
  md5: direct("md5", 1, 1, "string"),
  sha: direct("sha1", 1, 1, "string"),
  sha1: direct("sha1", 1, 1, "string"),
  uuid: scalar(0, 0, "string", () => "CAST(uuid() AS VARCHAR)"),
  regexp_replace: regexpReplace,
  regexp_extract: regexpExtract,
  regexp_like: matches,
};
