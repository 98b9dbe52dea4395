/** A DuckDB identifier, always quoted, so that no name of a user can be a keyword. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A DuckDB string literal. DuckDB knows no backslash escapes in plain literals, and no NUL at all. */
export const quoteString = (value: string): string =>
  value.includes("\0")
    ? `(${value
        .split("\0")
        .map((part) => quoteString(part))
        .join(" || chr(0) || ")})`
    : `'${value.replaceAll("'", "''")}'`;
