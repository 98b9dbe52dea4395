/** A qualified name, such as `main.agents.shop_otel_spans`, quoted for Databricks SQL. */
export const quoteName = (qualifiedName: string): string =>
  qualifiedName
    .split(".")
    .map((part) => `\`${part.replaceAll("`", "``")}\``)
    .join(".");
