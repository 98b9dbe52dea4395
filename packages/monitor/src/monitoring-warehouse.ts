import { resolveExperimentId, setExperimentTag } from "@tracelake/workspace-client";
import { ErrorCode, ExperimentTagKey, TracelakeError } from "@tracelake/wire";
import { connectionOf, experimentOf, type RegistryOptions } from "./registry/open-registry.ts";

/** Which warehouse reads the traces of which experiment. */
export interface MonitoringWarehouseOptions extends RegistryOptions {
  /** A warehouse on which whoever registered the first scorer has CAN USE. */
  readonly sqlWarehouseId: string;
}

/**
 * Names the SQL warehouse with which Databricks reads an experiment's traces in Unity Catalog for its scorers.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/eval-monitor/production-monitoring
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where the id is empty, or the experiment is an MLflow server's, which has
 *   no warehouses; `CONFIG_*`, `WORKSPACE_*`
 */
export const setDatabricksMonitoringSqlWarehouseId = async (options: MonitoringWarehouseOptions): Promise<void> => {
  const { sqlWarehouseId } = options;
  const connection = await connectionOf(options);
  if (sqlWarehouseId === "" || connection.service === "mlflow") {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "The SQL warehouse for monitoring cannot be set",
      seen: sqlWarehouseId === "" ? "`sqlWarehouseId` is empty" : `${connection.baseUrl} is an MLflow server`,
      remedy:
        sqlWarehouseId === ""
          ? "Give the id that stands on the warehouse's page under SQL Warehouses."
          : "Leave it out: only Databricks reads traces with a warehouse.",
    });
  }
  const experimentId = await resolveExperimentId(connection, experimentOf(options));
  await setExperimentTag(connection, {
    experimentId,
    key: ExperimentTagKey.MONITORING_WAREHOUSE,
    value: sqlWarehouseId,
  });
};
