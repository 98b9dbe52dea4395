import { AstNode } from "./ast-node.ts";
import { writeDescribe, writeShow, writeUse, type WrittenCommand } from "./commands.ts";
import { quoteName } from "../quote-sql.ts";
import { isKnownFunction } from "./functions/catalogue.ts";
import { writeGrant, type WrittenGrant } from "./grant-commands.ts";
import { readItemNames } from "./item-names.ts";
import type { Token } from "./lexer.ts";
import { parseStatement } from "./parser.ts";
import { toParserText } from "./parser-text.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import { writeRelation } from "./relations.ts";
import { newScope } from "./scope.ts";
import { TokenReader } from "./statement-tokens.ts";
import { StatementWriter } from "./statement-writer.ts";
import { checkTableName, qualifiedName } from "./table-name.ts";
import { writeCreateTable, writeDropTable, writeMerge, writeUpdate } from "./user-tables.ts";
import type { TranslationContext } from "./writer.ts";

/** One statement of the user, written for DuckDB. */
export interface TranslatedStatement {
  readonly sql: string;
  /** `query` gives rows; `command` gives none that a user would look at. */
  readonly kind: "query" | "command";
  /** What the user should know about the translation. */
  readonly notes: readonly string[];
  /** Parameters that the text holds: names for `$name`, numbers from 1 for `$1`. */
  readonly parameters: readonly (string | number)[];
  /** How the statement changes the current catalog and schema. */
  readonly session?: { readonly catalog?: string; readonly schema?: string };
  /** What GRANT or REVOKE changes; it has no text then. */
  readonly grant?: WrittenGrant;
  /** The tables and views that it names, each in full as far as the current catalog and schema are known. */
  readonly tables?: readonly (readonly string[])[];
  /** Whether it changes rows and nothing that a later statement of the session could see otherwise. */
  readonly isOfRows?: boolean;
  /** What may be run by the owner of the catalog alone. */
  readonly isOwners?: boolean;
}

interface Source {
  readonly tokens: readonly Token[];
  readonly sql: string;
  readonly context: TranslationContext;
}

/** Parses tokens and writes them with a rule. */
const translateParsed = (
  { tokens, sql, context }: Source,
  write: (node: AstNode, writer: StatementWriter) => string,
): TranslatedStatement => {
  const source = toParserText(tokens, isKnownFunction);
  const writer = new StatementWriter({ source, context, itemNames: readItemNames(tokens, sql) });
  const text = write(parseStatement(source, tokens, sql), writer);
  return { sql: text, kind: "query", notes: writer.notes, parameters: source.parameters, tables: writer.tables };
};

const translateQuery = (source: Source): TranslatedStatement =>
  translateParsed(source, (node, writer) => writer.query(node).text);

const translateExplain = (source: Source): TranslatedStatement => {
  const reader = new TokenReader(source.tokens.slice(1));
  reader.takeOne("EXTENDED", "FORMATTED", "CODEGEN", "COST");
  const query = translateQuery({ ...source, tokens: queryTokens(reader.rest) });
  return { ...query, sql: `EXPLAIN ${query.sql}` };
};

const queryTokens = (tokens: readonly Token[]): readonly Token[] => {
  const [first] = tokens;
  if (first === undefined || !["SELECT", "WITH", "VALUES", "("].includes(first.upper)) {
    throw syntaxError("a query is missing", first?.text ?? "the end of the statement", "Write a SELECT");
  }
  return tokens;
};

/** Names of tables that are written; files and the engine's own databases cannot be. */
const writtenName = (parts: readonly string[], context: TranslationContext): string => {
  checkTableName(parts);
  if (parts.length > 3) throw syntaxError("a name has at most three parts", parts.join("."));
  return qualifiedName(parts, context);
};

const columnNames = (reader: TokenReader): string => {
  if (!reader.take("(")) return "";
  const names: string[] = [];
  do {
    const [name = "", ...others] = reader.name("column");
    if (others.length > 0) throw syntaxError("a column has one part", others.join("."));
    if (reader.take("COMMENT")) reader.takeString();
    names.push(quoteName(name));
  } while (reader.take(","));
  if (!reader.take(")")) throw syntaxError("a parenthesis is not closed", reader.next?.text ?? "(");
  return ` (${names.join(", ")})`;
};

const ownersCommand = (sql: string): TranslatedStatement => ({
  sql,
  kind: "command",
  notes: [],
  parameters: [],
  isOwners: true,
});

const translateCreate = (source: Source): TranslatedStatement => {
  const reader = new TokenReader(source.tokens.slice(1));
  const replace = reader.take("OR", "REPLACE");
  const temporary = reader.takeOne("TEMPORARY", "TEMP") !== undefined;
  if (!replace && !temporary && reader.take("TABLE")) return ownersCommand(writeCreateTable(reader, source.context));
  if (!reader.take("VIEW")) {
    const what = `CREATE ${reader.next?.upper ?? ""}`.trim();
    const remedy =
      "The local workspace makes its own catalogs, schemas and tables of traces; only CREATE [OR REPLACE] [TEMP] VIEW and CREATE TABLE with columns are open";
    throw unsupported(what, what, remedy);
  }
  const ifMissing = reader.take("IF", "NOT", "EXISTS");
  const name = writtenName(reader.name("view"), source.context);
  const columns = columnNames(reader);
  if (reader.take("COMMENT")) reader.takeString();
  if (!reader.take("AS")) {
    throw unsupported(`${reader.next?.upper ?? "This clause"} in CREATE VIEW`, reader.next?.text ?? "CREATE VIEW");
  }
  const query = translateQuery({ ...source, tokens: queryTokens(reader.rest) });
  if (query.parameters.length > 0) throw unsupported("A parameter in a view", "CREATE VIEW", "Write the value");
  const head = `CREATE ${replace ? "OR REPLACE " : ""}${temporary ? "TEMP " : ""}VIEW ${ifMissing ? "IF NOT EXISTS " : ""}`;
  return { ...query, sql: `${head}${name}${columns} AS ${query.sql}`, kind: "command", isOwners: !temporary };
};

const translateDrop = (source: Source): TranslatedStatement => {
  const reader = new TokenReader(source.tokens.slice(1));
  if (reader.take("TABLE")) return ownersCommand(writeDropTable(reader, source.context));
  if (!reader.take("VIEW")) {
    const what = `DROP ${reader.next?.upper ?? ""}`.trim();
    throw unsupported(what, what, "Only DROP VIEW and DROP TABLE are open; to delete traces use DELETE FROM");
  }
  const ifExists = reader.take("IF", "EXISTS") ? "IF EXISTS " : "";
  const name = writtenName(reader.name("view"), source.context);
  reader.end();
  return ownersCommand(`DROP VIEW ${ifExists}${name}`);
};

const translateChange =
  (kind: "update" | "merge", write: (node: AstNode, writer: StatementWriter) => string) =>
  (source: Source): TranslatedStatement => ({
    ...translateParsed(source, (node, writer) => {
      if (node.kind !== kind) throw syntaxError(`this ${kind.toUpperCase()} has another form`, node.kind);
      return write(node, writer);
    }),
    kind: "command",
    isOfRows: true,
  });

const translateDelete = (source: Source): TranslatedStatement => ({
  ...translateParsed(source, (node, writer) => {
    if (node.kind !== "delete")
      throw syntaxError("a DELETE has another form", "DELETE", "Write DELETE FROM name WHERE …");
    const scope = newScope();
    writer.scopes.push(scope);
    const aliasPart = node.part("alias");
    const table = writeRelation(new AstNode("table", node.raw("table")), writer, scope);
    const alias = aliasPart === undefined ? "" : ` AS ${writer.identifier(aliasPart)}`;
    if (aliasPart !== undefined)
      scope.relations[0] = aliased(scope.relations[0]?.status ?? "unknown", aliasPart, writer);
    const where = node.part("where_clause");
    const condition = where === undefined ? "" : ` WHERE ${writer.value(where.node("this")).text}`;
    node.finish();
    return `DELETE FROM ${table}${alias}${condition}`;
  }),
  kind: "command",
  isOfRows: true,
});

const aliased = (
  status: ReturnType<typeof newScope>["relations"][number]["status"],
  alias: AstNode,
  writer: StatementWriter,
): ReturnType<typeof newScope>["relations"][number] => {
  const qualifier = writer.identifier(alias);
  return { alias: writer.plainName(alias.text("name") ?? "").toLowerCase(), qualifier, status };
};

const fromCommand =
  (write: (reader: TokenReader, context: TranslationContext) => WrittenCommand) =>
  ({ tokens, context }: Source): TranslatedStatement => ({
    notes: [],
    parameters: [],
    ...write(new TokenReader(tokens.slice(1)), context),
  });

const translateGrant =
  (action: WrittenGrant["action"]) =>
  ({ tokens, context }: Source): TranslatedStatement => {
    const grant = writeGrant(action, new TokenReader(tokens.slice(1)), context);
    return { sql: "", kind: "command", notes: [], parameters: [], grant, isOwners: true };
  };

const setCatalog = (source: Source): TranslatedStatement => {
  if (source.tokens[1]?.upper === "CATALOG") return fromCommand(writeUse)(source);
  throw unsupported("SET", "SET", "The settings of the local workspace cannot be changed by SQL");
};

const translators: Readonly<Record<string, (source: Source) => TranslatedStatement>> = {
  SELECT: translateQuery,
  WITH: translateQuery,
  VALUES: translateQuery,
  "(": translateQuery,
  EXPLAIN: translateExplain,
  GRANT: translateGrant("grant"),
  REVOKE: translateGrant("revoke"),
  SHOW: fromCommand(writeShow),
  DESCRIBE: fromCommand(writeDescribe),
  DESC: fromCommand(writeDescribe),
  USE: fromCommand(writeUse),
  SET: setCatalog,
  CREATE: translateCreate,
  DROP: translateDrop,
  DELETE: translateDelete,
  UPDATE: translateChange("update", writeUpdate),
  MERGE: translateChange("merge", writeMerge),
};

/** Translates one statement; anything that is not listed here is refused by its first word. */
export const translateStatement = (source: Source): TranslatedStatement => {
  const [first] = source.tokens;
  const word = first?.upper ?? "";
  const translate = Object.hasOwn(translators, word) ? translators[word] : undefined;
  if (translate === undefined) {
    const shown = first === undefined ? "nothing" : source.sql.slice(first.start, first.start + 60);
    const remedy =
      "Open are SELECT, WITH, VALUES, SHOW, DESCRIBE, USE, EXPLAIN, CREATE and DROP of views and tables, DELETE FROM, UPDATE, MERGE INTO, GRANT and REVOKE";
    throw unsupported(`A statement that starts with ${word === "" ? "this" : word}`, shown, remedy);
  }
  return translate(source);
};
