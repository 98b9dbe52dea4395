import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import { quoteName } from "../../quote-sql.ts";

/** DuckDB keeps these names for itself, although `main` and `system` are ordinary catalogs on Databricks. */
const reservedByDuckDb = new Set(["main", "memory", "system", "temp"]);

// No catalog can be called so: Unity Catalog and parseLocation both refuse a colon in a name.
export const reservedMark = ":";

/** The name under which a catalog's file is attached to DuckDB. */
export const attachedName = (catalog: string): string => {
  const folded = catalog.toLowerCase();
  return reservedByDuckDb.has(folded) ? `${folded}${reservedMark}` : folded;
};

/** The catalog that an attached database stands for. */
export const catalogOfAttached = (name: string): string =>
  name.endsWith(reservedMark) ? name.slice(0, -reservedMark.length) : name;

/** Whether SQL that names this catalog has to name it differently for DuckDB. */
export const isReservedCatalog = (catalog: string): boolean => reservedByDuckDb.has(catalog.toLowerCase());

/** Where Tracelake keeps its own state beside the users' data: journal offsets and table properties. */
export const internalSchema = "__tracelake";

/** The database that holds what belongs to no catalog: experiments. */
export const stateDatabase = "__tracelake";

/** The DuckDB spelling of a fully qualified name such as `catalog.schema.table`, as `tablesOf` writes it. */
export const quoteQualified = (qualifiedName: string): string => {
  const { catalog, schema, table } = splitQualified(qualifiedName);
  return [attachedName(catalog), schema, table].map(quoteName).join(".");
};

/**
 * The three parts of a fully qualified name.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID`
 */
export const splitQualified = (qualifiedName: string): { catalog: string; schema: string; table: string } => {
  const [catalog, schema, table, ...rest] = qualifiedName.split(".");
  if (!catalog || !schema || !table || rest.length > 0) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The table name is not fully qualified",
      seen: quoteForMessage(qualifiedName),
      remedy: 'Write "catalog.schema.table".',
    });
  }
  return { catalog, schema, table };
};
