import { quoteName, quoteString } from "../quote-sql.ts";
import { attachedName, internalSchema, isReservedCatalog, reservedMark, stateDatabase } from "./schema/names.ts";

/** Everything in DuckDB's SQL that can hide or hold a name: literals, comments, quoted and bare identifiers. */
const token =
  /'(?:[^']|'')*'|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|\s+|[\s\S]/gu;

const isName = (text: string): boolean => /^(?:"|[\p{L}_])/u.test(text);
const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);

// DuckDB's own schemas below those names: they are meant as they stand.
const ownSchemas = new Set(["main", "information_schema", "pg_catalog"]);

/** The names that follow each other with dots from `start` on, by their place among the tokens. */
const chainAt = (tokens: readonly string[], start: number): number[] => {
  const places = [start];
  let at = start + 1;
  while (tokens[at] === "." && isName(tokens[at + 1] ?? "")) {
    places.push(at + 1);
    at += 2;
  }
  return places;
};

/** The catalog that an attached database stands for, in SQL. */
const catalogNameOf = (name: string): string =>
  `CASE WHEN ${name} LIKE '%${reservedMark}' THEN left(${name}, -${reservedMark.length}) ELSE ${name} END`;

const engineDatabases = ["system", "temp", "memory"];

const visible = (listing: string): string => {
  const isOwn = `database_name IN (${[...engineDatabases, stateDatabase].map(quoteString).join(", ")})`;
  const isInternal = listing === "duckdb_databases" ? "" : ` AND schema_name <> ${quoteString(internalSchema)}`;
  return `(SELECT * REPLACE (${catalogNameOf("database_name")} AS database_name) FROM ${listing}() WHERE NOT (${isOwn})${isInternal})`;
};

const listings = ["duckdb_databases", "duckdb_schemas", "duckdb_tables", "duckdb_views", "duckdb_columns"];

/** What DuckDB says of its databases by a function without arguments, as the users' catalogs. */
const aboutCatalogs: ReadonlyMap<string, string> = new Map([
  ...listings.map((listing) => [listing, visible(listing)] as const),
  ["current_database", `(${catalogNameOf("current_database()")})`],
]);

/**
 * Translated SQL as the attached databases need it. Catalogs that DuckDB cannot attach under their own name, such as
 * Databricks' default catalog `main`, are renamed where a schema and a table follow; and what DuckDB says of its catalogs
 * has the users' names, without the workspace's own state.
 */
export const asAttached = (sql: string, isAttached: (catalog: string) => boolean): string => {
  const tokens = sql.match(token) ?? [];
  for (let at = 0; at < tokens.length; at += 1) {
    const word = tokens[at] ?? "";
    if (!isName(word) || tokens[at - 1] === ".") continue;
    const about = tokens[at + 1] === "(" && tokens[at + 2] === ")" ? aboutCatalogs.get(word) : undefined;
    if (about !== undefined) {
      tokens.splice(at, 3, about);
      continue;
    }
    const chain = chainAt(tokens, at);
    const [catalog = "", schema = ""] = chain.map((place) => unquoted(tokens[place] ?? ""));
    if (
      chain.length >= 3 &&
      isReservedCatalog(catalog) &&
      isAttached(catalog) &&
      !ownSchemas.has(schema.toLowerCase())
    ) {
      tokens[at] = quoteName(attachedName(catalog));
    }
    at = chain.at(-1) ?? at;
  }
  return tokens.join("");
};
