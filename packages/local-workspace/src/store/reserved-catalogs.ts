import { attachedName, isReservedCatalog, quoteIdentifier } from "./schema/names.ts";

/** Everything in DuckDB's SQL that can hide or hold a name: literals, comments, quoted and bare identifiers. */
const token =
  /'(?:[^']|'')*'|\$([A-Za-z_]*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|\s+|[\s\S]/gu;

const isName = (text: string): boolean => /^(?:"|[\p{L}_])/u.test(text);
const isBlank = (text: string): boolean => /^(?:\s|--|\/\*)/.test(text);
const unquoted = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);

// DuckDB's own schemas below those names: they are meant as they stand.
const ownSchemas = new Set(["main", "information_schema", "pg_catalog"]);

const namesSchemas = new Set(["use", "schema", "exists"]);

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

const previousWord = (tokens: readonly string[], before: number): string => {
  for (let at = before - 1; at >= 0; at -= 1) {
    const text = tokens[at] ?? "";
    if (!isBlank(text)) return text.toLowerCase();
  }
  return "";
};

/**
 * Renames catalogs that DuckDB cannot attach under their own name, such as Databricks' default catalog `main`, wherever
 * the SQL names them in front of a schema.
 */
export const renameReservedCatalogs = (sql: string, isAttached: (catalog: string) => boolean): string => {
  const tokens = sql.match(token) ?? [];
  for (let at = 0; at < tokens.length; at += 1) {
    if (!isName(tokens[at] ?? "") || tokens[at - 1] === ".") continue;
    const chain = chainAt(tokens, at);
    const [catalog = "", schema = ""] = chain.map((place) => unquoted(tokens[place] ?? ""));
    const isFull = chain.length >= 3 || (chain.length === 2 && namesSchemas.has(previousWord(tokens, at)));
    if (isFull && isReservedCatalog(catalog) && isAttached(catalog) && !ownSchemas.has(schema.toLowerCase())) {
      tokens[at] = quoteIdentifier(attachedName(catalog));
    }
    at = chain.at(-1) ?? at;
  }
  return tokens.join("");
};
