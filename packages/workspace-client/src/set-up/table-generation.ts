import { ErrorCode, TracelakeError, quoteQualifiedName } from "@tracelake/wire";
import { catalogTableSchema } from "@tracelake/wire/schemas";
import type { Connection } from "../connection.ts";
import { isEndpointMissing } from "../refusal.ts";
import { requestJson } from "../request.ts";
import { rowsByName, type SqlClient } from "../sql/sql-client.ts";

/** What a telemetry table says of itself. */
export interface TableFacts {
  readonly table: string;
  /** The property `otel.schemaVersion`; a table without it is none that Databricks made. */
  readonly schemaVersion: string | undefined;
  /** `MAP<STRING,STRING>` in the first generation, `VARIANT` in the second. */
  readonly attributesType: string | undefined;
}

/** The generation of tables: `v1` has maps for attributes, `v2` VARIANT. */
export type TableGeneration = "v1" | "v2";

const versionProperty = "otel.schemaVersion";

const fromCatalog = async (connection: Connection, table: string): Promise<TableFacts> => {
  const answer = await requestJson(
    connection,
    {
      method: "GET",
      path: `/api/2.1/unity-catalog/tables/${encodeURIComponent(table)}`,
      purpose: `Reading about the table ${table}`,
    },
    catalogTableSchema,
  );
  return {
    table,
    schemaVersion: answer.properties[versionProperty],
    attributesType: answer.columns.find(({ name }) => name === "attributes")?.type_text,
  };
};

const fromSql = async (sql: SqlClient, table: string): Promise<TableFacts> => {
  const columns = rowsByName(await sql.query(`DESCRIBE TABLE ${quoteQualifiedName(table)}`));
  const properties = rowsByName(await sql.query(`SHOW TBLPROPERTIES ${quoteQualifiedName(table)}`));
  const version = properties.find(({ key }) => key === versionProperty)?.["value"];
  const type = columns.find(({ col_name: name }) => name === "attributes")?.["data_type"];
  return {
    table,
    schemaVersion: typeof version === "string" ? version : undefined,
    attributesType: typeof type === "string" ? type : undefined,
  };
};

const isNoTable = (error: unknown): boolean =>
  TracelakeError.isInstance(error) &&
  (error.code === ErrorCode.WORKSPACE_NOT_FOUND ||
    /TABLE_OR_VIEW_NOT_FOUND|does not exist|not found/i.test(error.answer?.message ?? error.message));

/**
 * What a table says of itself; `undefined` where there is none. The name of a table does not tell its generation.
 *
 * @param sql asked where the workspace's catalog has no interface of its own, as in a local workspace.
 * @throws {TracelakeError} `WORKSPACE_*`, `SQL_*`
 */
export const getTableFacts = async (
  connection: Connection,
  table: string,
  sql?: SqlClient,
): Promise<TableFacts | undefined> => {
  try {
    return await fromCatalog(connection, table);
  } catch (error) {
    if (!isEndpointMissing(error)) {
      if (isNoTable(error)) return undefined;
      throw error;
    }
    if (sql === undefined) throw error;
  }
  try {
    return await fromSql(sql, table);
  } catch (error) {
    if (isNoTable(error)) return undefined;
    throw error;
  }
};

/** The generation that a table says to be of; by its columns, where it does not say. */
export const generationOf = ({ schemaVersion, attributesType }: TableFacts): TableGeneration | undefined => {
  if (schemaVersion === "v1" || schemaVersion === "v2") return schemaVersion;
  if (attributesType === undefined) return undefined;
  if (/^map/i.test(attributesType)) return "v1";
  return /^variant/i.test(attributesType) ? "v2" : undefined;
};
