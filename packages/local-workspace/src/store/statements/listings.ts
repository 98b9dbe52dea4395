import { quoteString } from "../../quote-sql.ts";
import { allColumns, allSchemas, allTables, visibleCatalog } from "../../sql/information-schema.ts";

/** What drivers ask about the workspace itself. Names are patterns: `%` and `_`, with a backslash before a plain one. */
export type Listing =
  | { readonly kind: "catalogs" | "functions" | "tableTypes" | "types" | "primaryKeys" | "crossReference" }
  | { readonly kind: "schemas"; readonly catalog?: string | undefined; readonly schema?: string | undefined }
  | {
      readonly kind: "tables";
      readonly catalog?: string | undefined;
      readonly schema?: string | undefined;
      readonly table?: string | undefined;
      readonly types?: readonly string[] | undefined;
    }
  | {
      readonly kind: "columns";
      readonly catalog?: string | undefined;
      readonly schema?: string | undefined;
      readonly table?: string | undefined;
      readonly column?: string | undefined;
    };

const patternPart = /\\(.)|[\s\S]/gu;
const special = /[.+?^${}()[\]\\|/-]/;

const regularExpression = (pattern: string): string =>
  pattern.replaceAll(patternPart, (part: string, escaped: string | undefined) => {
    if (escaped === undefined && (part === "%" || part === "*")) return ".*";
    if (escaped === undefined && part === "_") return ".";
    const plain = escaped ?? part;
    return special.test(plain) || plain === "*" ? `\\${plain}` : plain;
  });

const matching = (filters: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(filters)
    .filter(([, pattern]) => pattern !== undefined && pattern !== "")
    .map(([column, pattern]) => {
      const expression = quoteString(`(?s)${regularExpression(pattern?.toLowerCase() ?? "")}`);
      return `regexp_full_match(lower(${column}), ${expression})`;
    })
    .concat("TRUE")
    .join(" AND ");

interface SparkType {
  readonly name: string;
  /** The number of the type in java.sql.Types. */
  readonly jdbc: number;
  readonly bytes?: number;
  readonly digits?: number;
  readonly radix?: number;
  readonly precision?: number;
}

/** The types of Spark with the numbers that JDBC has for them. */
const sparkTypes: readonly SparkType[] = [
  { name: "VOID", jdbc: 0 },
  { name: "BOOLEAN", jdbc: 16, bytes: 1 },
  { name: "TINYINT", jdbc: -6, bytes: 1, digits: 0, radix: 10, precision: 3 },
  { name: "SMALLINT", jdbc: 5, bytes: 2, digits: 0, radix: 10, precision: 5 },
  { name: "INT", jdbc: 4, bytes: 4, digits: 0, radix: 10, precision: 10 },
  { name: "BIGINT", jdbc: -5, bytes: 8, digits: 0, radix: 10, precision: 19 },
  { name: "FLOAT", jdbc: 6, bytes: 4, digits: 7, radix: 10, precision: 7 },
  { name: "DOUBLE", jdbc: 8, bytes: 8, digits: 15, radix: 10, precision: 15 },
  { name: "STRING", jdbc: 12 },
  { name: "DATE", jdbc: 91, bytes: 4 },
  { name: "TIMESTAMP", jdbc: 93, bytes: 8, digits: 6 },
  { name: "DECIMAL", jdbc: 3, bytes: 16, radix: 10, precision: 38 },
  { name: "BINARY", jdbc: -2 },
  { name: "ARRAY", jdbc: 2003 },
  { name: "MAP", jdbc: 2000 },
  { name: "STRUCT", jdbc: 2002 },
  { name: "VARIANT", jdbc: 1111 },
  { name: "INTERVAL", jdbc: 1111 },
];

const value = (given: string | number | undefined): string =>
  given === undefined ? "NULL" : typeof given === "number" ? String(given) : quoteString(given);

const typeRows = sparkTypes
  .map(
    ({ name, jdbc, bytes, digits, radix, precision }) =>
      `(${[name, jdbc, bytes, digits, radix, precision].map(value).join(", ")})`,
  )
  .join(", ");

const types = `(VALUES ${typeRows}) AS t(name, jdbc, bytes, digits, radix, precision)`;

const text = (name: string, expression = "NULL"): string => `CAST(${expression} AS VARCHAR) AS ${name}`;
const int = (name: string, expression = "NULL"): string => `CAST(${expression} AS INTEGER) AS ${name}`;
const short = (name: string, expression = "NULL"): string => `CAST(${expression} AS SMALLINT) AS ${name}`;

const empty = (...columns: readonly string[]): string => `SELECT ${columns.join(", ")} WHERE FALSE`;

const catalogs = `SELECT database_name AS TABLE_CAT FROM duckdb_databases() WHERE NOT internal AND ${visibleCatalog("database_name")} ORDER BY 1`;

const typeInfo = `SELECT ${[
  text("TYPE_NAME", "name"),
  int("DATA_TYPE", "jdbc"),
  int("PRECISION", "precision"),
  text("LITERAL_PREFIX"),
  text("LITERAL_SUFFIX"),
  text("CREATE_PARAMS"),
  short("NULLABLE", "1"),
  "name = 'STRING' AS CASE_SENSITIVE",
  short("SEARCHABLE", "CASE WHEN name IN ('ARRAY', 'MAP', 'STRUCT', 'VARIANT', 'VOID') THEN 0 ELSE 3 END"),
  "radix IS NULL AS UNSIGNED_ATTRIBUTE",
  "FALSE AS FIXED_PREC_SCALE",
  "FALSE AS AUTO_INCREMENT",
  text("LOCAL_TYPE_NAME"),
  short("MINIMUM_SCALE", "0"),
  short("MAXIMUM_SCALE", "CASE name WHEN 'DECIMAL' THEN 38 ELSE 0 END"),
  int("SQL_DATA_TYPE"),
  int("SQL_DATETIME_SUB"),
  int("NUM_PREC_RADIX", "radix"),
].join(", ")} FROM ${types}`;

const columns = (where: string): string =>
  `SELECT ${[
    text("TABLE_CAT", "catalog"),
    text("TABLE_SCHEM", "schema"),
    text("TABLE_NAME", "c.name"),
    text("COLUMN_NAME", "column_name"),
    int("DATA_TYPE", "jdbc"),
    // Names of fields stand inside the text of a container, and keep their case.
    text("TYPE_NAME", "CASE WHEN contains(type, '<') THEN type ELSE upper(type) END"),
    int("COLUMN_SIZE", "bytes"),
    "CAST(NULL AS TINYINT) AS BUFFER_LENGTH",
    int("DECIMAL_DIGITS", "coalesce(digits, TRY_CAST(regexp_extract(type, ',(\\d+)\\)$', 1) AS INTEGER))"),
    int("NUM_PREC_RADIX", "radix"),
    int("NULLABLE", "CASE WHEN is_nullable THEN 1 ELSE 0 END"),
    text("REMARKS", "coalesce(comment, '')"),
    text("COLUMN_DEF"),
    int("SQL_DATA_TYPE"),
    int("SQL_DATETIME_SUB"),
    int("CHAR_OCTET_LENGTH"),
    int("ORDINAL_POSITION", "position"),
    text("IS_NULLABLE", "CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END"),
    text("SCOPE_CATALOG"),
    text("SCOPE_SCHEMA"),
    text("SCOPE_TABLE"),
    short("SOURCE_DATA_TYPE"),
    text("IS_AUTO_INCREMENT", "'NO'"),
  ].join(
    ", ",
  )} FROM ${allColumns} AS c LEFT JOIN ${types} ON t.name = upper(regexp_extract(type, '^[a-z]+')) WHERE ${where} ORDER BY catalog, schema, c.name, position`;

const tables = (where: string): string =>
  `SELECT ${[
    text("TABLE_CAT", "catalog"),
    text("TABLE_SCHEM", "schema"),
    text("TABLE_NAME", "name"),
    text("TABLE_TYPE", "kind"),
    text("REMARKS", "coalesce(comment, '')"),
    text("TYPE_CAT"),
    text("TYPE_SCHEM"),
    text("TYPE_NAME"),
    text("SELF_REFERENCING_COL_NAME"),
    text("REF_GENERATION"),
  ].join(
    ", ",
  )} FROM (SELECT * REPLACE (replace(kind, 'MANAGED', 'TABLE') AS kind) FROM ${allTables}) WHERE ${where} ORDER BY kind, catalog, schema, name`;

const functions = empty(
  text("FUNCTION_CAT"),
  text("FUNCTION_SCHEM"),
  text("FUNCTION_NAME"),
  text("REMARKS"),
  int("FUNCTION_TYPE"),
  text("SPECIFIC_NAME"),
);

const primaryKeys = empty(
  text("TABLE_CAT"),
  text("TABLE_SCHEM"),
  text("TABLE_NAME"),
  text("COLUMN_NAME"),
  int("KEQ_SEQ"),
  text("PK_NAME"),
);

const crossReference = empty(
  ...["PKTABLE_CAT", "PKTABLE_SCHEM", "PKTABLE_NAME", "PKCOLUMN_NAME"].map((name) => text(name)),
  ...["FKTABLE_CAT", "FKTABLE_SCHEM", "FKTABLE_NAME", "FKCOLUMN_NAME"].map((name) => text(name)),
  ...["KEQ_SEQ", "UPDATE_RULE", "DELETE_RULE"].map((name) => int(name)),
  ...["FK_NAME", "PK_NAME"].map((name) => text(name)),
  int("DEFERRABILITY"),
);

const plainListings = {
  catalogs,
  functions,
  primaryKeys,
  crossReference,
  types: typeInfo,
  tableTypes: "SELECT * FROM (VALUES ('TABLE'), ('VIEW')) AS t(TABLE_TYPE)",
};

/**
 * The engine's SQL for a listing, with the columns that JDBC and Hive give it.
 *
 * @see https://docs.oracle.com/en/java/javase/21/docs/api/java.sql/java/sql/DatabaseMetaData.html
 */
export const writeListing = (listing: Listing): string => {
  if (listing.kind === "schemas") {
    const where = matching({ catalog: listing.catalog, schema: listing.schema });
    return `SELECT ${text("TABLE_SCHEM", "schema")}, ${text("TABLE_CATALOG", "catalog")} FROM ${allSchemas} WHERE ${where} ORDER BY 2, 1`;
  }
  if (listing.kind === "tables") {
    const wanted = (listing.types ?? []).map((type) => quoteString(type.toUpperCase()));
    const ofType = wanted.length === 0 ? "" : ` AND kind IN (${wanted.join(", ")})`;
    return tables(`${matching({ catalog: listing.catalog, schema: listing.schema, name: listing.table })}${ofType}`);
  }
  if (listing.kind === "columns") {
    const { catalog, schema, table, column } = listing;
    return columns(matching({ catalog, schema, "c.name": table, column_name: column }));
  }
  return plainListings[listing.kind];
};
