import { locationOfTable } from "@tracelake/wire";
import { AstNode } from "./ast-node.ts";
import type { Emitted } from "./emitted.ts";
import { quoteName } from "../quote-sql.ts";
import { syntaxError, unsupported } from "./refusal.ts";
import { writeRelation } from "./relations.ts";
import { newScope } from "./scope.ts";
import type { TokenReader } from "./statement-tokens.ts";
import type { StatementWriter } from "./statement-writer.ts";
import { checkTableName, qualifiedName } from "./table-name.ts";
import type { TranslationContext } from "./writer.ts";

/** The types of columns of which every value is the same in DuckDB. */
const columnTypes: Readonly<Record<string, string>> = {
  STRING: "VARCHAR",
  INT: "INTEGER",
  INTEGER: "INTEGER",
  BIGINT: "BIGINT",
  LONG: "BIGINT",
  BOOLEAN: "BOOLEAN",
};

/** The name of a table that users may make, change and drop: any but those of traces. */
const userTable = (parts: readonly string[], context: TranslationContext, what: string): string => {
  checkTableName(parts);
  if (parts.length > 3) throw syntaxError("a name has at most three parts", parts.join("."));
  assertUserTable(parts, what);
  return qualifiedName(parts, context);
};

const assertUserTable = (parts: readonly string[], what: string): void => {
  const name = parts.at(-1) ?? "";
  if (locationOfTable(`catalog.schema.${name}`) === undefined) return;
  throw unsupported(`${what} a table of traces`, parts.join("."), "Traces are written by OTLP and the trace API");
};

const columnDefinition = (reader: TokenReader): string => {
  const [name = "", ...others] = reader.name("column");
  if (others.length > 0) throw syntaxError("a column has one part", others.join("."));
  const [typeName = ""] = reader.name("type");
  const type = columnTypes[typeName.toUpperCase()];
  if (type === undefined) {
    throw unsupported(
      `A column of the type ${typeName.toUpperCase()}`,
      `${name} ${typeName}`,
      "Use STRING, INT, BIGINT or BOOLEAN",
    );
  }
  return `${quoteName(name)} ${type}${reader.take("NOT", "NULL") ? " NOT NULL" : ""}`;
};

/** `CREATE TABLE [IF NOT EXISTS] name (column type [NOT NULL], …) [USING DELTA]`, behind the word TABLE. */
export const writeCreateTable = (reader: TokenReader, context: TranslationContext): string => {
  const ifMissing = reader.take("IF", "NOT", "EXISTS") ? "IF NOT EXISTS " : "";
  const name = userTable(reader.name("table"), context, "CREATE");
  if (!reader.take("(")) {
    throw unsupported("CREATE TABLE without columns", reader.next?.text ?? "CREATE TABLE", "List the columns");
  }
  const columns: string[] = [];
  do columns.push(columnDefinition(reader));
  while (reader.take(","));
  if (!reader.take(")"))
    throw unsupported("This part of a column", reader.next?.text ?? "(", "Give a name, a type and NOT NULL");
  reader.take("USING", "DELTA");
  reader.end();
  return `CREATE TABLE ${ifMissing}${name} (${columns.join(", ")})`;
};

/** `DROP TABLE [IF EXISTS] name`, behind the word TABLE. */
export const writeDropTable = (reader: TokenReader, context: TranslationContext): string => {
  const ifExists = reader.take("IF", "EXISTS") ? "IF EXISTS " : "";
  const name = userTable(reader.name("table"), context, "DROP");
  reader.end();
  return `DROP TABLE ${ifExists}${name}`;
};

/** The table that a statement changes, with its alias, as a relation of a scope of its own. */
const changedTable = (table: AstNode, writer: StatementWriter, what: string): string => {
  const scope = newScope();
  writer.scopes.push(scope);
  const parts = ["catalog", "schema", "name"].flatMap((part) => {
    const name = new AstNode(part, table.raw(part)).text("name");
    return name === undefined ? [] : [writer.plainName(name)];
  });
  assertUserTable(parts, what);
  return writeRelation(table, writer, scope);
};

// Databricks cuts the fraction off where a column takes whole numbers, DuckDB rounds.
const assigned = (value: Emitted): string => {
  if (value.type !== "double" && value.type !== "decimal") return value.text;
  throw unsupported("A fraction in place of a whole number", value.text, "Cast it to BIGINT");
};

/** UPDATE of a table that a user has made. */
export const writeUpdate = (node: AstNode, writer: StatementWriter): string => {
  const table = changedTable(new AstNode("table", node.raw("table")), writer, "UPDATE");
  const given = node.raw("set");
  const assignments = (Array.isArray(given) ? given : []).map((pair: unknown) => {
    const [column, value] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return `${writer.identifier(new AstNode("column", column))} = ${assigned(writer.value(AstNode.of(value)))}`;
  });
  const where = node.part("where_clause");
  const condition = where === undefined ? "" : ` WHERE ${writer.value(where.node("this")).text}`;
  node.finish();
  return `UPDATE ${table} SET ${assignments.join(", ")}${condition}`;
};

const onlyInserts = (seen: string): Error =>
  unsupported(
    "This form of MERGE",
    seen,
    "Write MERGE INTO … USING … ON … WHEN NOT MATCHED THEN INSERT (…) VALUES (…)",
  );

const tupleItems = (node: AstNode | undefined): AstNode[] => {
  if (node?.kind !== "tuple") throw onlyInserts(node?.kind ?? "WHEN");
  return node.nodes("expressions");
};

/** The columns and the values of the one clause `WHEN NOT MATCHED THEN INSERT (…) VALUES (…)`. */
const insertClause = (node: AstNode): { readonly columns: AstNode[]; readonly values: AstNode[] } => {
  const [clause, ...others] = node.node("whens").nodes("expressions");
  if (clause?.kind !== "when" || others.length > 0) throw onlyInserts("WHEN");
  const isMatched = clause.node("matched");
  if (isMatched.kind !== "boolean" || isMatched.flag("value") || clause.has("condition") || clause.has("source")) {
    throw onlyInserts("WHEN MATCHED");
  }
  const [action, columns, values, ...rest] = tupleItems(clause.node("then"));
  if (action?.kind !== "var" || action.text("this") !== "INSERT" || rest.length > 0) throw onlyInserts("THEN");
  clause.finish();
  return { columns: tupleItems(columns), values: tupleItems(values) };
};

/**
 * MERGE that adds what is not there: each row of the source for which no row of the table matches. Both engines add such a
 * row for each of several that are alike.
 */
export const writeMerge = (node: AstNode, writer: StatementWriter): string => {
  const target = node.node("this");
  const { table, alias } =
    target.kind === "alias"
      ? { table: target.node("this"), alias: target.part("alias") }
      : { table: target, alias: undefined };
  if (table.kind !== "table") throw onlyInserts(table.kind);
  const using = node.node("using");
  const sourceScope = newScope();
  writer.scopes.push(sourceScope);
  const source = writeRelation(using, writer, sourceScope);
  const { columns, values } = insertClause(node);
  const written = values.map((value) => assigned(writer.value(value)));
  const names = columns.map((column) => writer.identifier(column));
  const targetText = changedTable(table, writer, "MERGE INTO");
  const targetScope = writer.scopes.pop();
  const aliasName = alias === undefined ? undefined : writer.identifier(alias);
  for (const relation of targetScope?.relations ?? []) {
    sourceScope.relations.push(
      alias === undefined
        ? relation
        : { ...relation, alias: writer.plainName(alias.text("name") ?? "").toLowerCase(), qualifier: aliasName },
    );
  }
  const condition = writer.value(node.node("on")).text;
  target.finish();
  node.finish();
  const shown = aliasName === undefined ? targetText : `${targetText} AS ${aliasName}`;
  return `INSERT INTO ${targetText} (${names.join(", ")}) SELECT ${written.join(", ")} FROM ${source} WHERE NOT EXISTS (SELECT 1 FROM ${shown} WHERE ${condition})`;
};
