import { quoteName } from "./quote-sql.ts";
import { unsupported } from "./refusal.ts";
import type { TranslationContext } from "./writer.ts";

/**
 * DuckDB reads a file when a name that it cannot find ends like one. Unity Catalog allows none of these characters in
 * names, and an ending alone is as good as a file name once a schema stands before it.
 */
const forbidden = /[./\\:*?[\]\s\p{Cc}]/u;
const fileEnding =
  /^(?:csv|tsv|txt|parquet|json|jsonl|ndjson|arrow|arrows|feather|xlsx|db|duckdb|sqlite|avro|gz|zst)$/i;

/** Refuses a part of a table name that DuckDB could take for a file. */
export const checkNamePart = (part: string): void => {
  if (forbidden.test(part) || fileEnding.test(part)) {
    throw unsupported("A table name of this form", part, "Name a table or view; files cannot be read");
  }
};

/** A table or view as a DuckDB name, completed with the current catalog where two parts are given. */
export const qualifiedName = (parts: readonly string[], context: TranslationContext): string => {
  const complete = parts.length === 2 && context.catalog !== undefined ? [context.catalog, ...parts] : parts;
  return complete.map(quoteName).join(".");
};
