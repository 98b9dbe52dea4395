/** One name as an identifier of Databricks SQL. */
export const quoteName = (name: string): string => `\`${name.replaceAll("`", "``")}\``;

/** `catalog.schema.table` as identifiers of Databricks SQL. */
export const quoteQualifiedName = (qualifiedName: string): string => qualifiedName.split(".").map(quoteName).join(".");
