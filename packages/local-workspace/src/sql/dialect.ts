import { BoundedCache } from "./bounded-cache.ts";
import { readStatements } from "./lexer.ts";
import { loadParser } from "./parser.ts";
import { syntaxError } from "./refusal.ts";
import { translateStatement, type TranslatedStatement } from "./statements.ts";
import type { TranslationContext } from "./writer.ts";

export type { TranslatedStatement } from "./statements.ts";
export type { TranslationContext } from "./writer.ts";

/** A text of Databricks SQL, written for DuckDB statement by statement. */
export interface Translation {
  readonly statements: readonly TranslatedStatement[];
}

/**
 * Turns Databricks SQL into DuckDB SQL. What cannot be written with the same meaning is refused, so a translation is
 * either right or absent. The connection that runs it must have run `connectionSetup` once.
 *
 * Known to differ, in what a value looks like and not in what it is: a quotient of DECIMALs and a rounded aggregate are
 * DOUBLEs, with more digits than Databricks' scale; `sum` of integers is a HUGEINT; the text of an object in a VARIANT
 * keeps the order of its keys; `approx_count_distinct` counts exactly. Statements that Databricks refuses for their types
 * can run here, and MERGE answers with `num_affected_rows` alone.
 */
export interface SqlTranslator {
  /**
   * @param sql one or more statements, separated by `;`
   * @throws TracelakeError `SQL_SYNTAX` for text that is no Databricks SQL, `SQL_UNSUPPORTED` for what the local
   *   workspace does not offer
   */
  translate(sql: string, context?: TranslationContext): Translation;
}

/** Translations kept by text; dashboards and drivers repeat theirs. */
const cachedTranslations = 500;

/** A text this long is not repeated by a dashboard, and would fill the cache. */
const longestCachedCharacters = 20_000;

const translateText = (sql: string, context: TranslationContext): Translation => {
  let current = context;
  const statements = readStatements(sql).map((tokens) => {
    const statement = translateStatement({ tokens, sql, context: current });
    if (statement.session !== undefined) current = { ...current, ...statement.session };
    return statement;
  });
  if (statements.length === 0) throw syntaxError("there is no statement", sql.trim(), "Write a SELECT");
  return { statements };
};

/** Loads the parser (about 0.2 s once per process) and returns a translator with a cache of its own. */
export const createDatabricksTranslator = async (): Promise<SqlTranslator> => {
  await loadParser();
  const cache = new BoundedCache<Translation>(cachedTranslations);
  return {
    translate: (sql, context = {}) => {
      const key = JSON.stringify([sql, context.catalog, context.schema, context.user, context.propertiesRelation]);
      const known = cache.get(key);
      if (known !== undefined) return known;
      const translation = translateText(sql, context);
      if (sql.length <= longestCachedCharacters) cache.set(key, translation);
      return translation;
    },
  };
};
