import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, quoteForMessage, TracelakeError, type Warehouse } from "@tracelake/wire";
import { warehouseSchema } from "@tracelake/wire/schemas";
import type { Connection } from "../connection.ts";
import { request, requestJson } from "../request.ts";

/** Which SQL warehouse is meant. */
export interface WarehouseOptions {
  /** Default `MLFLOW_TRACING_SQL_WAREHOUSE_ID`. */
  readonly sqlWarehouseId?: string | undefined;
}

/** Which SQL warehouse is waited for, and for how long: one that is stopped takes seconds to minutes. */
export interface StartWarehouseOptions extends WarehouseOptions {
  /** Told the state, such as `STARTING`, while it is waited for. */
  readonly onProgress?: ((state: string) => void) | undefined;
  /** How long it may take. Default twenty minutes. */
  readonly timeoutMillis?: number;
}

const pollMillis = 2000;
const usualTimeoutMillis = 1_200_000;
const setting = "MLFLOW_TRACING_SQL_WAREHOUSE_ID";

/**
 * The SQL warehouse that was given or set.
 *
 * @throws {TracelakeError} `CONFIG_WAREHOUSE_MISSING`
 */
export const warehouseIdOf = (
  connection: Connection,
  { sqlWarehouseId }: WarehouseOptions,
  purpose: string,
): string => {
  const id = sqlWarehouseId || connection.sqlWarehouseId;
  if (id !== undefined && id !== "") return id;
  throw new TracelakeError(ErrorCode.CONFIG_WAREHOUSE_MISSING, {
    failed: `${purpose} needs a SQL warehouse`,
    seen: `${setting} is not set`,
    remedy: `Set ${setting} to the id of a warehouse that you have CAN USE on; it stands on the warehouse's page under SQL Warehouses, or in \`databricks warehouses list\`. Nothing was created or changed.`,
  });
};

const pathOf = (id: string): string => `/api/2.0/sql/warehouses/${encodeURIComponent(id)}`;

const remediesOf = (id: string): Readonly<Record<403 | 404, string>> => ({
  403: `Give the owner of the credentials CAN USE on the SQL warehouse ${id}.`,
  404: `Set ${setting} to a warehouse of this workspace; \`databricks warehouses list\` shows them.`,
});

/** Reads what is known of a SQL warehouse. @throws {TracelakeError} `CONFIG_WAREHOUSE_MISSING`, `WORKSPACE_*` */
export const getWarehouse = (connection: Connection, options: WarehouseOptions = {}): Promise<Warehouse> => {
  const id = warehouseIdOf(connection, options, "Looking at it");
  return requestJson(
    connection,
    { method: "GET", path: pathOf(id), purpose: `Reading the SQL warehouse ${id}`, remedies: remediesOf(id) },
    warehouseSchema,
  );
};

const cannotRun = new Set(["DELETED", "DELETING"]);

/**
 * Waits until a SQL warehouse runs, and starts it where it is stopped.
 *
 * @see https://docs.databricks.com/api/workspace/warehouses/start
 * @returns its id.
 * @throws {TracelakeError} `CONFIG_WAREHOUSE_MISSING`, `WORKSPACE_*`
 */
export const startWarehouse = async (connection: Connection, options: StartWarehouseOptions = {}): Promise<string> => {
  const id = warehouseIdOf(connection, options, "This");
  const giveUpAtMillis = Date.now() + (options.timeoutMillis ?? usualTimeoutMillis);
  for (let isAsked = false; ;) {
    const { state = "RUNNING" } = await getWarehouse(connection, { sqlWarehouseId: id });
    if (state === "RUNNING") return id;
    options.onProgress?.(state);
    if (cannotRun.has(state) || Date.now() > giveUpAtMillis) {
      throw new TracelakeError(ErrorCode.WORKSPACE_UNAVAILABLE, {
        failed: `The SQL warehouse ${id} does not run`,
        seen: quoteForMessage(state),
        remedy: `Start it in the workspace, or set ${setting} to another one.`,
      });
    }
    if (!isAsked && state === "STOPPED") {
      isAsked = true;
      await request(connection, {
        method: "POST",
        path: `${pathOf(id)}/start`,
        body: {},
        purpose: `Starting the SQL warehouse ${id}`,
        remedies: remediesOf(id),
      });
      continue;
    }
    await sleep(pollMillis);
  }
};
