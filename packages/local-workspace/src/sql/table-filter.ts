import { raise } from "./macro-text.ts";
import { quoteString } from "../quote-sql.ts";
import { allTables } from "./information-schema.ts";
import { syntaxError } from "./refusal.ts";
import type { TranslationContext } from "./writer.ts";

/** A condition on a part of a name; names compare without case, and a missing part is the engine's current one. */
export const inCurrent = (column: string, value: string | undefined, current: string): string =>
  `lower(${column}) = ${value === undefined ? `lower(${current})` : quoteString(value.toLowerCase())}`;

/** A condition on the columns `catalog`, `schema` and `name` that picks one table or view. */
export const tableFilter = (parts: readonly string[], context: TranslationContext): string => {
  if (parts.length > 3) throw syntaxError("a table has at most three parts", parts.join("."));
  const catalog = parts.at(-3) ?? context.catalog;
  const schema = parts.at(-2) ?? context.schema;
  return [
    inCurrent("catalog", catalog, "current_database()"),
    inCurrent("schema", schema, "current_schema()"),
    inCurrent("name", parts.at(-1), "''"),
  ].join(" AND ");
};

/** A condition that raises Databricks' error where the table does not exist, and is true where it does. */
export const whereTableExists = (parts: readonly string[], context: TranslationContext): string =>
  `(SELECT CASE WHEN count(*) = 0 THEN ${raise("TABLE_OR_VIEW_NOT_FOUND", `The table or view ${parts.join(".")} cannot be found. Check its name with SHOW TABLES`, { over: ["count(*)"] })} ELSE TRUE END FROM ${allTables} WHERE ${tableFilter(parts, context)})`;
