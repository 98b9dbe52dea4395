import { isRecord } from "@tracelake/wire";
import { unsupported } from "./refusal.ts";

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

/** Fields that only describe how the text was written and never what it means. */
const cosmeticFields: ReadonlySet<string> = new Set([
  "span",
  "comments",
  "trailing_comments",
  "leading_comments",
  "post_select_comments",
  "pre_alias_comments",
  "left_comments",
  "operator_comments",
  "else_comments",
  "order_by_comments",
  "inferred_type",
  "original_name",
  "alias_explicit_as",
  "alias_keyword",
  "use_outer_keyword",
  "use_inner_keyword",
  "explicit_asc",
  "nesting_group",
  "double_colon_syntax",
  "no_parens",
  "use_bracket_syntax",
  "kind_text",
  "start_side_text",
  "end_side_text",
  "alias_first",
  "quoted",
  "position_explicit",
  "sql_standard_syntax",
  "use_plural",
  "qualify_after_window",
  "modifiers_inside",
  "natural_keyword",
]);

/**
 * One node of the parser's tree, read strictly: {@link AstNode.finish} refuses a node of which a field that carries a
 * value was not read. So a clause that the translation does not know can never be dropped in silence.
 */
export class AstNode {
  readonly kind: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();
  readonly #parts: AstNode[] = [];

  constructor(kind: string, fields: unknown) {
    this.kind = kind;
    this.#fields = isRecord(fields) ? fields : {};
  }

  /** Reads a tagged node, `{ kind: fields }`. */
  static of(value: unknown): AstNode {
    const entries = isRecord(value) ? Object.entries(value) : [];
    const [entry] = entries;
    if (entry === undefined || entries.length !== 1) {
      throw unsupported("This form of SQL", JSON.stringify(value)?.slice(0, 80) ?? "nothing");
    }
    return new AstNode(entry[0], entry[1]);
  }

  /** The value of a field, unread by any type; marks it as read. */
  raw(name: string): unknown {
    this.#read.add(name);
    return this.#fields[name];
  }

  has(name: string): boolean {
    return !isEmpty(this.#fields[name]);
  }

  node(name: string): AstNode {
    return AstNode.of(this.raw(name));
  }

  optionalNode(name: string): AstNode | undefined {
    return this.has(name) ? this.node(name) : undefined;
  }

  nodes(name: string): AstNode[] {
    const value = this.raw(name);
    return Array.isArray(value) ? value.map((item) => AstNode.of(item)) : [];
  }

  /** An untagged part of this node; it is finished together with this node. */
  part(name: string): AstNode | undefined {
    return this.has(name) ? this.#adopt(name, this.raw(name)) : undefined;
  }

  parts(name: string): AstNode[] {
    const value = this.raw(name);
    return Array.isArray(value) ? value.map((item) => this.#adopt(name, item)) : [];
  }

  #adopt(name: string, value: unknown): AstNode {
    const part = new AstNode(name, value);
    this.#parts.push(part);
    return part;
  }

  flag(name: string): boolean {
    return this.raw(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    return typeof value === "string" ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.raw(name);
    return typeof value === "number" ? value : undefined;
  }

  /**
   * Ends the reading of this node and of its parts.
   *
   * @throws TracelakeError `SQL_UNSUPPORTED` naming a field that has a value and was not read.
   */
  finish(): void {
    for (const [name, value] of Object.entries(this.#fields)) {
      if (isEmpty(value) || this.#read.has(name) || cosmeticFields.has(name)) continue;
      throw unsupported(`${name.replaceAll("_", " ").toUpperCase()} in ${this.kind.replaceAll("_", " ")}`, name);
    }
    for (const part of this.#parts) part.finish();
  }
}
