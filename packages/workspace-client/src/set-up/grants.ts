import {
  ErrorCode,
  formatLocation,
  parseLocation,
  quoteForMessage,
  tablesOf,
  TracelakeError,
  type UnityCatalogLocation,
  quoteName,
  quoteQualifiedName,
} from "@tracelake/wire";
import type { Connection } from "../connection.ts";
import type { SqlClient } from "../sql/sql-client.ts";
import { statementExecution } from "../sql/statement-execution.ts";
import { startWarehouse, type StartWarehouseOptions } from "./warehouse.ts";

/** Who gets what on which location, and which warehouse runs the grants. */
export interface GrantOptions extends StartWarehouseOptions {
  /** `catalog.schema` or `catalog.schema.table_prefix`. */
  readonly location: string;
  /** A user's e-mail address, a group's name, or a service principal's application id. */
  readonly principal: string;
  /** SELECT alone, for those who only read traces. */
  readonly readOnly?: boolean;
  /** Returns the statements without running them. */
  readonly dryRun?: boolean;
  /** Runs the statements; the warehouse's own interface by default. */
  readonly sql?: SqlClient;
}

const quotePrincipal = (principal: string): string => {
  if (principal.trim() !== "" && !/[\u0000-\u001f\u007f]/.test(principal)) return quoteName(principal.trim());
  throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
    failed: "Nothing can be granted to this principal",
    seen: quoteForMessage(principal),
    remedy: "Give a user's e-mail address, a group's name, or a service principal's application id.",
  });
};

/** The tables that a location's traces are in; what is granted is granted on each of them. */
export const grantedTables = (location: UnityCatalogLocation): string[] => {
  const { spans, logs, metrics, annotations } = tablesOf(location);
  return [spans, logs, metrics, ...(annotations === undefined ? [] : [annotations])];
};

const onViews = "GRANT SELECT ON VIEW ";

/**
 * The statements that let somebody write (or only read) the traces of a location. MODIFY and SELECT are named on each
 * table, as Databricks' ingestion does not take ALL PRIVILEGES for them. The views over the tables are granted too, since
 * who may read a table may not yet read a view of it.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/trace-unity-catalog
 * @throws {TracelakeError} `CONFIG_DESTINATION_INVALID`, `CONFIG_OPTION_INVALID`
 */
export const grantStatements = ({
  location: text,
  principal,
  readOnly = false,
}: Pick<GrantOptions, "location" | "principal" | "readOnly">): string[] => {
  const location = parseLocation(text);
  const to = quotePrincipal(principal);
  const privileges = readOnly ? "SELECT" : "MODIFY, SELECT";
  const { unifiedView, metadataView } = tablesOf(location);
  return [
    `GRANT USE CATALOG ON CATALOG ${quoteName(location.catalog)} TO ${to}`,
    `GRANT USE SCHEMA ON SCHEMA ${quoteName(location.catalog)}.${quoteName(location.schema)} TO ${to}`,
    ...grantedTables(location).map((table) => `GRANT ${privileges} ON TABLE ${quoteQualifiedName(table)} TO ${to}`),
    ...[unifiedView, metadataView].map((view) => `${onViews}${quoteQualifiedName(view)} TO ${to}`),
  ];
};

const isMissing = (said: string): boolean => /TABLE_OR_VIEW_NOT_FOUND|does not exist|TABLE_DOES_NOT_EXIST/i.test(said);

const saidBy = (error: unknown): string =>
  TracelakeError.isInstance(error) ? (error.answer?.message ?? error.message) : "";

const grantError = (
  error: unknown,
  { statement, location }: { readonly statement: string; readonly location: string },
): unknown => {
  if (!TracelakeError.isInstance(error)) return error;
  const said = saidBy(error);
  const isMissingPrincipal = /principal/i.test(said) && /(not exist|not found|could not find)/i.test(said);
  const isForbidden = /PERMISSION_DENIED|INSUFFICIENT_PERMISSIONS|not have .*(manage|privilege)|not an owner/i.test(
    said,
  );
  const remedy = isMissingPrincipal
    ? "Name a user by e-mail address, a group by name, and a service principal by its application id, not by its display name."
    : isMissing(said)
      ? `Make the tables first: tracelake link --experiment <id or name> ${formatLocation(parseLocation(location))}`
      : isForbidden
        ? "Have the owner of the catalog, schema or table, or somebody with MANAGE on it, run this."
        : undefined;
  if (remedy === undefined) return error;
  return new TracelakeError(error.code, {
    failed: `A grant failed: ${statement}`,
    seen: quoteForMessage(said),
    remedy,
    ...(error.answer === undefined ? {} : { answer: error.answer }),
  });
};

/**
 * Grants what writing traces to a location (or only reading them) takes. Granting again changes nothing.
 *
 * @returns the statements that were run, or would be where `dryRun` is set.
 * @throws {TracelakeError} `CONFIG_*`, `SQL_FAILED` with what the workspace says, `WORKSPACE_*`
 */
export const grantTraceAccess = async (connection: Connection, options: GrantOptions): Promise<string[]> => {
  const statements = grantStatements(options);
  if (options.dryRun === true) return statements;
  const sql =
    options.sql ?? statementExecution(connection, { sqlWarehouseId: await startWarehouse(connection, options) });
  const granted: string[] = [];
  for (const statement of statements) {
    try {
      await sql.query(statement);
      granted.push(statement);
    } catch (error) {
      // Tables that were linked long ago have no views; who writes and reads traces needs none.
      if (statement.startsWith(onViews) && isMissing(saidBy(error))) continue;
      throw grantError(error, { statement, location: options.location });
    }
  }
  return granted;
};
