import { allColumns, allTables } from "./information-schema.ts";
import { tableFilter, whereTableExists } from "./table-filter.ts";
import type { TranslationContext } from "./writer.ts";

const properties = (parts: readonly string[], context: TranslationContext): string =>
  context.propertiesRelation === undefined
    ? ""
    : ` UNION ALL SELECT 7, 0, 'Table Properties', '[' || string_agg(key || '=' || value, ',' ORDER BY key) || ']', '' FROM (SELECT table_catalog AS catalog, table_schema AS schema, table_name AS name, key, value FROM ${context.propertiesRelation}) WHERE ${tableFilter(parts, context)} HAVING count(*) > 0`;

/**
 * The columns of a table or view as `col_name`, `data_type` and `comment`; with `extended`, followed by what is known of
 * the table itself.
 *
 * @see https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-aux-describe-table
 */
export const describeTable = (parts: readonly string[], extended: boolean, context: TranslationContext): string => {
  const where = tableFilter(parts, context);
  const columns = `SELECT 0 AS part, position, column_name AS col_name, type AS data_type, comment FROM ${allColumns} WHERE ${where} AND ${whereTableExists(parts, context)}`;
  if (!extended) return `SELECT col_name, data_type, comment FROM (${columns}) ORDER BY position`;
  const about = (part: number, name: string, value: string): string =>
    ` UNION ALL SELECT ${part}, 0, '${name}', ${value}, '' FROM ${allTables} WHERE ${where}`;
  const details = [
    about(1, "", "''"),
    about(2, "# Detailed Table Information", "''"),
    about(3, "Catalog", "catalog"),
    about(4, "Database", "schema"),
    about(5, "Table", "name"),
    about(6, "Type", "kind"),
    properties(parts, context),
  ].join("");
  return `SELECT col_name, data_type, comment FROM (${columns}${details}) ORDER BY part, position`;
};
