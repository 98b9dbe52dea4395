import { getExperiment, linkedLocationOf, setExperimentTag, type Connection } from "@tracelake/workspace-client";
import { ErrorCode, ExperimentTagKey, formatLocation, TracelakeError } from "@tracelake/wire";

const key = ExperimentTagKey.MONITORING_WAREHOUSE;

/**
 * Makes sure that the scorers of an experiment whose traces are in Unity Catalog can read them: without a warehouse they
 * would start and never score anything. The warehouse of the connection is taken where the experiment names none.
 *
 * @throws {TracelakeError} `CONFIG_WAREHOUSE_MISSING`, `WORKSPACE_*`
 */
export const assertMonitoringWarehouse = async (connection: Connection, experimentId: string): Promise<void> => {
  const experiment = await getExperiment(connection, { experimentId });
  const location = linkedLocationOf(experiment);
  const isNamed = experiment.tags.some((tag) => tag.key === key && tag.value !== "");
  if (location === undefined || isNamed) return;
  const { sqlWarehouseId } = connection;
  if (sqlWarehouseId) return setExperimentTag(connection, { experimentId, key, value: sqlWarehouseId });
  throw new TracelakeError(ErrorCode.CONFIG_WAREHOUSE_MISSING, {
    failed: `The scorers of ${experiment.name} cannot read its traces in ${formatLocation(location)}`,
    seen: `experiment ${experimentId} has no tag ${key}, and MLFLOW_TRACING_SQL_WAREHOUSE_ID is not set`,
    remedy:
      "Name a SQL warehouse with setDatabricksMonitoringSqlWarehouseId({ sqlWarehouseId, experimentId }), then start the scorer. Nothing was started.",
  });
};
