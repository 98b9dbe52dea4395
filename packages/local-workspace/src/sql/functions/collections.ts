import { emitted } from "../emitted.ts";
import { quoteName, quoteString } from "../../quote-sql.ts";
import {
  argumentAt,
  checkCount,
  checkScalar,
  direct,
  scalar,
  type FunctionRule,
  type FunctionRules,
} from "../function-call.ts";
import { syntaxError, unsupported } from "../refusal.ts";
import { StandIn } from "../parser-text.ts";

const namedStruct: FunctionRule = (call, writer) => {
  checkScalar(call);
  if (call.args.length === 0 || call.args.length % 2 !== 0)
    throw syntaxError("named_struct() takes pairs", "named_struct(…)");
  const fields: string[] = [];
  for (let at = 0; at < call.args.length; at += 2) {
    const name = writer.literalString(argumentAt(call, at));
    if (name === undefined)
      throw unsupported("A computed field name", "named_struct(…)", "Write the name as a string literal");
    fields.push(`${quoteName(name)} := ${writer.value(argumentAt(call, at + 1)).text}`);
  }
  return emitted(`struct_pack(${fields.join(", ")})`);
};

/** `struct(a, b)`: fields are named like the columns, other values `col1`, `col2` … by position. */
const struct: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 1, Infinity);
  const fields = call.args.map((node, position) => {
    if (node.kind === "alias")
      throw unsupported("An alias inside struct()", "struct(… AS …)", "Use named_struct('name', value)");
    const column = node.kind === "column" ? (node.part("name")?.text("name") ?? "") : "";
    const name =
      column === "" || column.startsWith(StandIn.parameter) ? `col${position + 1}` : writer.plainName(column);
    return `${quoteName(name)} := ${writer.value(node).text}`;
  });
  return emitted(`struct_pack(${fields.join(", ")})`);
};

const map: FunctionRule = (call, writer) => {
  checkScalar(call);
  if (call.args.length % 2 !== 0) throw syntaxError("map() takes pairs of key and value", "map(…)");
  const texts = call.args.map((node) => writer.value(node).text);
  const keys = texts.filter((_, position) => position % 2 === 0);
  const values = texts.filter((_, position) => position % 2 === 1);
  return emitted(`map([${keys.join(", ")}], [${values.join(", ")}])`);
};

/** A string key reads a map; anything else is a 1-based index of an array, negative from its end. */
const elementAt =
  (macro: string): FunctionRule =>
  (call, writer) => {
    checkScalar(call);
    checkCount(call, 2, 2);
    const base = writer.value(argumentAt(call, 0)).text;
    const key = writer.value(argumentAt(call, 1));
    return emitted(
      key.type === "string" ? `map_extract_value(${base}, ${key.text})` : `${macro}(${base}, ${key.text})`,
    );
  };

const sortArray: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 1, 2);
  const ascending = call.args[1];
  if (ascending !== undefined && ascending.kind !== "boolean") {
    throw unsupported("A computed order in sort_array()", "sort_array(…)", "Write true or false");
  }
  const order = ascending === undefined || ascending.flag("value") ? "'ASC', 'NULLS FIRST'" : "'DESC', 'NULLS LAST'";
  return emitted(`list_sort(${writer.value(argumentAt(call, 0)).text}, ${order})`, "array");
};

const slice: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 3, 3);
  const [list, start, length] = call.args.map((node) => writer.value(node).text);
  if (!/^[1-9]\d*$/.test(start ?? "") || !/^\d+$/.test(length ?? "")) {
    throw unsupported(
      "slice() with a computed or negative start",
      `slice(…, ${start ?? ""}, …)`,
      "Write whole numbers",
    );
  }
  return emitted(`list_slice(${list ?? ""}, ${start ?? ""}, ${Number(start) + Number(length) - 1})`);
};

const arrayJoin: FunctionRule = (call, writer) => {
  checkScalar(call);
  checkCount(call, 2, 2);
  const [list, separator] = call.args.map((node) => writer.value(node).text);
  return emitted(`array_to_string(${list ?? ""}, ${separator ?? quoteString("")})`, "string");
};

/** Functions over ARRAY, MAP and STRUCT. */
export const collectionRules: FunctionRules = {
  named_struct: namedStruct,
  struct,
  map,
  array: scalar(0, Infinity, "array", (items) => `[${items.join(", ")}]`),
  size: direct("tl_size", 1, 1, "integer"),
  cardinality: direct("tl_size", 1, 1, "integer"),
  array_size: direct("tl_size", 1, 1, "integer"),
  element_at: elementAt("tl_element_at"),
  try_element_at: elementAt("tl_try_element_at"),
  get: direct("tl_get", 2),
  array_contains: direct("tl_array_contains", 2, 2, "boolean"),
  array_position: direct("tl_array_position", 2, 2, "integer"),
  array_max: direct("list_max", 1),
  array_min: direct("list_min", 1),
  array_append: direct("tl_array_append", 2),
  array_compact: scalar(1, 1, "unknown", ([list = ""]) => `list_filter(${list}, lambda tl_e: tl_e IS NOT NULL)`),
  array_join: arrayJoin,
  array_sort: scalar(1, 1, "array", ([list = ""]) => `list_sort(${list}, 'ASC', 'NULLS LAST')`),
  sort_array: sortArray,
  slice,
  flatten: direct("tl_flatten", 1),
  sequence: direct("tl_sequence", 2, 2),
  map_keys: direct("map_keys", 1),
  map_values: direct("map_values", 1),
  map_entries: direct("map_entries", 1),
  map_contains_key: direct("map_contains", 2, 2, "boolean"),
};
