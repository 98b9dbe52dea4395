import { once } from "node:events";
import { text } from "node:stream/consumers";
import { statementExecution } from "@tracelake/workspace-client";
import { expect, it } from "vitest";
import { startExample, withLinkedWorkspace } from "../../../test/support/local-example.ts";

it(
  "an OpenTelemetry SDK writes to Unity Catalog with an address, a table and a token",
  { timeout: 60_000 },
  async () => {
    const names = { experiment: "/Shared/other", location: "main.agents.other" };
    await withLinkedWorkspace(names, async ({ environment, connection }) => {
      // The script makes its own tables, which takes a right on their schema.
      const principal = environment["DATABRICKS_CLIENT_ID"] ?? "";
      const sql = statementExecution(connection, { sqlWarehouseId: "local" });
      await sql.query(`GRANT CREATE TABLE ON SCHEMA main.agents TO \`${principal}\``);

      const child = startExample("external-application/src/main.ts", {
        ...environment,
        MLFLOW_TRACING_SQL_WAREHOUSE_ID: "local",
      });
      const ended = once(child, "close");
      const [printed, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect(errors).toBe("");
      expect(printed).toMatch(/^trace:\/main\.agents\.external\/[0-9a-f]{32}: 1 span, "It arrives tomorrow\."\n$/);
      expect(await ended).toEqual([0, null]);
    });
  },
);
