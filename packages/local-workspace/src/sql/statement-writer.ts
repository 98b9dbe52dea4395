import type { AstNode } from "./ast-node.ts";
import { type Emitted } from "./emitted.ts";
import { quoteName } from "../quote-sql.ts";
import { expressionRules } from "./expressions.ts";
import { StandIn, type ParserText } from "./parser-text.ts";
import { writeOrdering, writeQuery } from "./query.ts";
import { unsupported } from "./refusal.ts";
import type { Scope, StatusColumn } from "./scope.ts";
import { completeName } from "./table-name.ts";
import type { CommonTable, EmittedQuery, TranslationContext, Writer } from "./writer.ts";

interface StatementWriterOptions {
  readonly source: ParserText;
  readonly context: TranslationContext;
  /** Names for the items of the statement's own select list. */
  readonly itemNames: readonly (string | undefined)[];
}

/** Writes one statement; it is used once and then thrown away. */
export class StatementWriter implements Writer {
  readonly context: TranslationContext;
  readonly source: ParserText;
  readonly scopes: Scope[] = [];
  readonly #itemNames: readonly (string | undefined)[];
  readonly #notes = new Set<string>();
  readonly #tables: (readonly string[])[] = [];
  readonly #commonTables: CommonTable[] = [];
  #namedItems = false;
  #lateCount = 0;

  constructor(options: StatementWriterOptions) {
    this.context = options.context;
    this.source = options.source;
    this.#itemNames = options.itemNames;
  }

  get notes(): string[] {
    return [...this.#notes];
  }

  get tables(): readonly (readonly string[])[] {
    return this.#tables;
  }

  addTable(parts: readonly string[]): void {
    this.#tables.push(completeName(parts, this.context));
  }

  note(text: string): void {
    this.#notes.add(text);
  }

  plainName(name: string): string {
    if (name.startsWith(StandIn.string)) {
      throw unsupported("A string in place of a name", this.plainString(name), "Put names into backticks");
    }
    if (name.startsWith(StandIn.name)) return this.source.names[Number(name.slice(StandIn.name.length))] ?? name;
    return name.startsWith(StandIn.function) ? name.slice(StandIn.function.length) : name;
  }

  identifier(part: AstNode | undefined): string {
    const name = part?.text("name");
    if (name === undefined) throw unsupported("A missing name", part?.kind ?? "name");
    return quoteName(this.plainName(name));
  }

  plainString(value: string): string {
    return value.startsWith(StandIn.string)
      ? (this.source.strings[Number(value.slice(StandIn.string.length))] ?? value)
      : value;
  }

  literalString(node: AstNode): string | undefined {
    const value = node.kind === "literal" && node.text("literal_type") === "string" ? node.text("value") : undefined;
    return value === undefined || value.startsWith(StandIn.path) ? undefined : this.plainString(value);
  }

  expression(node: AstNode): Emitted {
    const rule = expressionRules[node.kind];
    if (rule === undefined) {
      throw unsupported(`${node.kind.replaceAll("_", " ").toUpperCase()} in an expression`, node.kind);
    }
    const before = this.#lateCount;
    const written = rule(node, this);
    node.finish();
    return this.#lateCount === before ? written : { ...written, late: true };
  }

  value(node: AstNode): Emitted {
    const written = this.expression(node);
    if (written.type === "variant") {
      throw unsupported("A VARIANT without a cast in this place", node.kind, "Cast it, for example value:key::string");
    }
    return written;
  }

  query(node: AstNode, recursiveName?: string): EmittedQuery {
    return writeQuery(node, this, recursiveName);
  }

  ordering(terms: readonly AstNode[]): string {
    return writeOrdering(terms, this);
  }

  late(): void {
    this.#lateCount += 1;
  }

  enterQuery(): number {
    return this.#commonTables.length;
  }

  leaveQuery(mark: number): void {
    this.#commonTables.length = mark;
  }

  addCommonTable(name: string, status: StatusColumn): void {
    this.#commonTables.push({ name, status });
  }

  commonTable(name: string): CommonTable | undefined {
    return this.#commonTables.findLast((table) => table.name.toLowerCase() === name.toLowerCase());
  }

  /** The first list that is written at the top has the names: the left branch of a set operation names its columns. */
  itemNames(count: number): readonly (string | undefined)[] {
    const outermost = this.scopes.length === 1 && !this.#namedItems && this.#itemNames.length === count;
    if (outermost) this.#namedItems = true;
    return outermost ? this.#itemNames : [];
  }
}
