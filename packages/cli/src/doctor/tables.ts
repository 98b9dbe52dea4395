import {
  generationOf,
  getTableFacts,
  grantedTables,
  type Connection,
  type SqlClient,
} from "@tracelake/workspace-client";
import { formatLocation, type UnityCatalogLocation } from "@tracelake/wire";
import { failed, passed, type Check } from "./check.ts";

const name = "tables";

/**
 * Whether the tables are there, and of the generation that the form of the location means.
 *
 * @throws {TracelakeError} `WORKSPACE_*`, `SQL_*`
 */
export const checkTables = async (
  connection: Connection,
  location: UnityCatalogLocation,
  { sql, isLocal }: { readonly sql: SqlClient | undefined; readonly isLocal: boolean },
): Promise<Check> => {
  const expected = location.kind === "schema" ? "v1" : "v2";
  const tables = grantedTables(location);
  const facts = await Promise.all(tables.map((table) => getTableFacts(connection, table, sql)));
  const missing = tables.filter((_, index) => facts[index] === undefined);
  const link = `tracelake link ${formatLocation(location)} --experiment <id or path>`;
  if (isLocal && missing.length === tables.length) return passed(name, "are made with the first trace");
  if (missing.length > 0) return failed(name, `${missing.join(", ")} cannot be found`, link);
  const wrong = facts.filter((fact) => fact !== undefined && generationOf(fact) !== expected);
  const [first] = wrong;
  if (first !== undefined) {
    const seen = `otel.schemaVersion is ${first.schemaVersion ?? "not set"}, attributes are ${first.attributesType ?? "missing"}`;
    return failed(
      name,
      `${first.table} is of the wrong generation (${seen}); ${formatLocation(location)} needs ${expected}`,
      `Take tables that Databricks made: ${link}, with another prefix or schema`,
    );
  }
  const hasUnmarked = facts.some((fact) => fact?.schemaVersion === undefined);
  return passed(name, `${tables.length} of generation ${expected}${hasUnmarked ? ", known by their columns" : ""}`);
};
