import type { SqlClient } from "@tracelake/workspace-client";
import { tablesOf, type UnityCatalogLocation, quoteQualifiedName } from "@tracelake/wire";
import { textCell } from "../data/cells.ts";
import { failed, passed, type Check } from "./check.ts";

const name = "root spans";
const dayMillis = 86_400_000;
// A trace that has just begun has no root yet, since a root is written when it ends.
const graceMillis = 10 * 60_000;
const nanosPerMilli = 1_000_000n;

/**
 * Whether the traces of the last day have root spans: MLflow shows no others.
 *
 * @throws {TracelakeError} `SQL_*`, `WORKSPACE_*`
 */
export const checkRoots = async (sql: SqlClient, location: UnityCatalogLocation): Promise<Check> => {
  const table = quoteQualifiedName(tablesOf(location).spans);
  const nowMillis = Date.now();
  const { rows } = await sql.query(
    `SELECT COUNT(*) AS traces, COUNT_IF(roots = 0) AS rootless, MIN(CASE WHEN roots = 0 THEN trace_id END) AS example
FROM (SELECT trace_id, COUNT_IF(COALESCE(parent_span_id, '') = '') AS roots
  FROM ${table} WHERE start_time_unix_nano BETWEEN :since AND :until GROUP BY trace_id) traces`,
    {
      since: BigInt(nowMillis - dayMillis) * nanosPerMilli,
      until: BigInt(nowMillis - graceMillis) * nanosPerMilli,
    },
  );
  const [traces = "0", rootless = "0", example = ""] = (rows[0] ?? []).map(textCell);
  if (traces === "0") return passed(name, "no trace of the last day is old enough to tell");
  if (rootless === "0") return passed(name, `all of ${traces} traces of the last day have one`);
  return failed(
    name,
    `${rootless} of ${traces} traces of the last day have none, such as ${example}; MLflow does not show them`,
    "Let the span that all others are below end and be exported: await flush() before the process exits, and give an OpenTelemetry SDK of your own Tracelake's span processor",
  );
};
