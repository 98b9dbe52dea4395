import * as polyglot from "@polyglot-sql/sdk";

import { AstNode } from "./ast-node.ts";
import type { Token } from "./lexer.ts";
import type { ParserText } from "./parser-text.ts";
import { syntaxError, unsupported } from "./refusal.ts";

/** Loads the parser's WebAssembly; the CommonJS build of the parser does not do so by itself. */
export const loadParser = async (): Promise<void> => {
  await polyglot.init();
};

/** The source around the token at an offset of the parser's text. */
const sourceAt = (text: ParserText, offset: number, sql: string): string => {
  const token = text.offsets.findLast(({ parser }) => parser <= offset);
  const start = token?.source ?? 0;
  return sql.slice(Math.max(0, start - 20), start + 40);
};

/**
 * Parses one statement.
 *
 * @throws TracelakeError `SQL_SYNTAX` with the place where the parser stopped.
 */
export const parseStatement = (text: ParserText, tokens: readonly Token[], sql: string): AstNode => {
  const result = polyglot.parse(text.sql, polyglot.Dialect.Databricks);
  if (!result.success) {
    const offset = result.errorStart ?? 0;
    throw syntaxError("the statement does not follow the grammar near here", sourceAt(text, offset, sql));
  }
  const statements: unknown = result.ast;
  if (!Array.isArray(statements) || statements.length !== 1) {
    throw unsupported("A statement of this form", sql.slice(tokens[0]?.start ?? 0, (tokens[0]?.start ?? 0) + 60));
  }
  return AstNode.of(statements[0]);
};
