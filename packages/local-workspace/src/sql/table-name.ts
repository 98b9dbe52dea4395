import { quoteName } from "../quote-sql.ts";
import { unsupported } from "./refusal.ts";
import type { TranslationContext } from "./writer.ts";

/**
 * DuckDB reads a file when a name that it cannot find ends like one. Unity Catalog allows none of these characters in
 * names, and an ending alone is as good as a file name once a schema stands before it.
 */
const forbidden = /[./\\:*?[\]\s\p{Cc}]/u;
const fileEnding =
  /^(?:csv|tsv|txt|parquet|json|jsonl|ndjson|arrow|arrows|feather|xlsx|db|duckdb|sqlite|avro|gz|zst)$/i;

const checkNamePart = (part: string): void => {
  if (forbidden.test(part) || fileEnding.test(part)) {
    throw unsupported("A table name of this form", part, "Name a table or view; files cannot be read");
  }
};

/** The engine's own listings, which it finds without a schema, and its own databases and schemas. */
const engineListing = /^(?:duckdb|pragma|pg|sqlite)_/i;
const engineSchema = /^(?:(?:system|temp|memory)\.main|.*\.?pg_catalog)$/i;

/** Refuses a table name that DuckDB would take for a file or for something of its own. */
export const checkTableName = (parts: readonly string[]): void => {
  for (const part of parts) checkNamePart(part);
  const isOwn =
    parts.length === 1 ? engineListing.test(parts[0] ?? "") : engineSchema.test(parts.slice(0, -1).join("."));
  if (isOwn) {
    throw unsupported("A listing of the engine", parts.join("."), "Use SHOW, DESCRIBE or information_schema");
  }
};

/** A name with the current catalog and schema before it, as far as they are missing and known. */
export const completeName = (
  parts: readonly string[],
  { catalog, schema }: TranslationContext,
  depth = 3,
): readonly string[] => {
  const current = [catalog, schema].slice(0, Math.max(depth - parts.length, 0));
  return [...current.filter((part) => part !== undefined), ...parts];
};

/** A table or view as a DuckDB name, completed with the current catalog where two parts are given. */
export const qualifiedName = (parts: readonly string[], context: TranslationContext): string => {
  const complete = parts.length === 2 && context.catalog !== undefined ? [context.catalog, ...parts] : parts;
  return complete.map(quoteName).join(".");
};
