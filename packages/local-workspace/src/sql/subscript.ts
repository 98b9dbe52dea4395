import type { AstNode } from "./ast-node.ts";
import { callMacro, emitted, type Emitted } from "./emitted.ts";
import { quoteString } from "../quote-sql.ts";
import type { PathStep } from "./parser-text.ts";
import type { Writer } from "./writer.ts";

/**
 * Follows a path into a VARIANT, or into a STRING that holds JSON. A step that does not fit the value gives NULL, as in
 * Databricks. Keys compare case-sensitively; Databricks does the same for VARIANT, and for JSON strings in brackets.
 *
 * @see https://docs.databricks.com/aws/en/sql/language-manual/functions/colonsign
 */
export const extractPath = (base: Emitted, steps: readonly PathStep[]): Emitted => {
  let text = base.type === "variant" ? base.text : callMacro("tl_json", [base]).text;
  for (const step of steps) {
    text =
      "key" in step
        ? `variant_extract(${text}, ${quoteString(step.key)})`
        : `variant_extract(${text}, ${step.index + 1}::UINTEGER)`;
  }
  return emitted(text, "variant");
};

/**
 * `base[index]`. A string key reads a map, and NULL is its answer for a missing key; anything else is a 0-based index of
 * an array, where Databricks raises an error out of range. The macros accept only the container that they are for, so a
 * map with another kind of key is refused by the engine rather than misread.
 *
 * @see https://docs.databricks.com/aws/en/sql/language-manual/functions/bracketsign
 */
export const mapOrListElement = (base: Emitted, index: AstNode, writer: Writer): Emitted => {
  const key = writer.value(index);
  return emitted(
    key.type === "string" ? `map_extract_value(${base.text}, ${key.text})` : `tl_item(${base.text}, ${key.text})`,
  );
};
