import type { AstNode } from "./ast-node.ts";
import type { Emitted } from "./emitted.ts";
import type { ParserText } from "./parser-text.ts";
import type { Scope, StatusColumn } from "./scope.ts";

/** Where and for whom a statement is translated. */
export interface TranslationContext {
  /** The current catalog; names of one or two parts are completed with it. */
  readonly catalog?: string;
  /** The current schema. */
  readonly schema?: string;
  /** What `current_user()` answers. */
  readonly user?: string;
  /**
   * A DuckDB relation with the columns `table_catalog`, `table_schema`, `table_name`, `key` and `value`, from which
   * `SHOW TBLPROPERTIES` and `DESCRIBE EXTENDED` read the properties of tables. Without it they are refused or leave them out.
   */
  readonly propertiesRelation?: string;
  /**
   * A DuckDB relation with the columns `securable` (a full name in lower case), `kind`, `principal` and `privilege`, from
   * which `SHOW GRANTS` reads. Without it that is refused.
   */
  readonly grantsRelation?: string;
}

/** A common table by the name that it was given, and what it is to `status_code`. */
export interface CommonTable {
  readonly name: string;
  readonly status: StatusColumn;
}

/** A query written for DuckDB, and what it gives to a query around it. */
export interface EmittedQuery {
  readonly text: string;
  readonly status: StatusColumn;
}

/** Writes one statement for DuckDB, node by node. The tables of rules get it as their view of the statement. */
export interface Writer {
  readonly context: TranslationContext;
  readonly scopes: Scope[];
  readonly source: ParserText;
  /** Adds a note for the user; the same note is kept once. */
  note(text: string): void;
  /** Keeps the name of a table or view that the statement reads, completed with the current catalog and schema. */
  addTable(parts: readonly string[]): void;
  /** A name as the user wrote it, from the name that the parser saw. */
  plainName(name: string): string;
  /** The user's name of an identifier part, as a DuckDB identifier. */
  identifier(part: AstNode | undefined): string;
  /** The user's string from the literal that the parser saw. */
  plainString(value: string): string;
  /** The user's string, where the node is a string literal. */
  literalString(node: AstNode): string | undefined;
  /** Any expression, VARIANT included. */
  expression(node: AstNode): Emitted;
  /** An expression that must not be a VARIANT, because Databricks would refuse one here. */
  value(node: AstNode): Emitted;
  /** Any query; where it is that of a recursive common table, with the table's name. */
  query(node: AstNode, recursiveName?: string): EmittedQuery;
  /** Marks what is being written as an aggregate, a window or a lambda's parameter, of which the engine sees the type late. */
  late(): void;
  /** Starts a query; common tables that it adds are forgotten by {@link Writer.leaveQuery} with the value returned here. */
  enterQuery(): number;
  leaveQuery(mark: number): void;
  addCommonTable(name: string, status: StatusColumn): void;
  /** The common table in sight that has the name. */
  commonTable(name: string): CommonTable | undefined;
  /** Names for unnamed items of the statement's own select list; empty for every list but that one. */
  itemNames(count: number): readonly (string | undefined)[];
  /** Ordering terms with Spark's place for NULL made explicit. */
  ordering(terms: readonly AstNode[]): string;
}
