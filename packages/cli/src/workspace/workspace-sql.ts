import {
  generationOf,
  getTableFacts,
  startWarehouse,
  statementExecution,
  type Connection,
  type SqlClient,
  type TableGeneration,
} from "@tracelake/workspace-client";
import { ErrorCode, formatLocation, tablesOf, TracelakeError, type UnityCatalogLocation } from "@tracelake/wire";

/** SQL on the workspace's warehouse, which is started if it is stopped. @throws {TracelakeError} `CONFIG_WAREHOUSE_MISSING`, `WORKSPACE_*` */
export const workspaceSql = async (connection: Connection): Promise<SqlClient> =>
  statementExecution(connection, { sqlWarehouseId: await startWarehouse(connection) });

/**
 * The generation of a location's tables.
 *
 * @throws {TracelakeError} `TRACE_NOT_FOUND` where the location has no tables, `TRACE_LOCATION_CONFLICT` where they are not
 *   Databricks' own.
 */
export const locationGeneration = async (
  connection: Connection,
  location: UnityCatalogLocation,
  sql: SqlClient,
): Promise<TableGeneration> => {
  const { spans } = tablesOf(location);
  const facts = await getTableFacts(connection, spans, sql);
  if (facts === undefined) {
    throw new TracelakeError(ErrorCode.TRACE_NOT_FOUND, {
      failed: `There are no traces at ${formatLocation(location)}`,
      seen: `no table ${spans}`,
      remedy: `Check the location, or make its tables: tracelake link --experiment <id or path> ${formatLocation(location)}`,
    });
  }
  const generation = generationOf(facts);
  if (generation !== undefined) return generation;
  throw new TracelakeError(ErrorCode.TRACE_LOCATION_CONFLICT, {
    failed: `The table ${spans} is of no known generation`,
    seen: `otel.schemaVersion ${facts.schemaVersion ?? "is not set"}, attributes ${facts.attributesType ?? "are missing"}`,
    remedy: "Use tables that Databricks made when the location was linked.",
  });
};
