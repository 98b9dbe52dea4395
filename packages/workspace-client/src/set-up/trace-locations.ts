import {
  ErrorCode,
  formatLocation,
  isSameLocation,
  parseLocation,
  TracelakeError,
  toTraceLocation,
  type Experiment,
  type PrefixLocation,
  type SchemaLocation,
  type TraceLocation,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import { traceLocationSchema } from "@tracelake/wire/schemas";
import type { Connection } from "../connection.ts";
import { createExperiment, getExperiment, linkedLocationOf, type ExperimentReference } from "../experiments.ts";
import { request, requestJson } from "../request.ts";
import { locationError } from "./location-errors.ts";
import { startWarehouse, warehouseIdOf, type StartWarehouseOptions } from "./warehouse.ts";

/** Which experiment keeps its traces where; the warehouse makes the tables. */
export interface TraceLocationOptions extends StartWarehouseOptions {
  /** `catalog.schema`, or `catalog.schema.table_prefix`, which Databricks recommends. */
  readonly location: string;
  readonly experimentId: string;
}

/** Which experiment, and where it keeps its traces; only the latter takes a warehouse. */
export interface SetExperimentOptions extends StartWarehouseOptions {
  /** An absolute path such as `/Shared/support-agent`. */
  readonly name: string;
  /** `catalog.schema` or `catalog.schema.table_prefix`, linked with the experiment before its first trace. */
  readonly traceLocation?: string;
}

const isAlreadyThere = (error: unknown): boolean =>
  TracelakeError.isInstance(error) &&
  /^(RESOURCE_)?ALREADY_EXISTS$/.test(error.answer?.errorCode ?? "") &&
  !/schema version|compatib/i.test(error.answer?.message ?? "");

const createSchemaLocation = async (
  connection: Connection,
  location: SchemaLocation,
  warehouseId: string,
): Promise<TraceLocation> => {
  const wanted = toTraceLocation(location);
  try {
    return await requestJson(
      connection,
      {
        method: "POST",
        path: "/api/4.0/mlflow/traces/location",
        body: { uc_schema: wanted.uc_schema, sql_warehouse_id: warehouseId },
        purpose: `Creating the trace location ${formatLocation(location)}`,
      },
      traceLocationSchema,
    );
  } catch (error) {
    if (isAlreadyThere(error)) return wanted;
    throw error;
  }
};

const createPrefixLocation = async (
  connection: Connection,
  { catalog, schema, tablePrefix }: PrefixLocation,
  warehouseId: string,
): Promise<TraceLocation> =>
  requestJson(
    connection,
    {
      method: "POST",
      path: "/api/5.0/mlflow/tracing/locations",
      body: {
        uc_table_prefix: { catalog_name: catalog, schema_name: schema, table_prefix: tablePrefix },
        sql_warehouse_id: warehouseId,
      },
      purpose: `Creating the trace location ${catalog}.${schema}.${tablePrefix}`,
    },
    traceLocationSchema,
  );

const link = async (
  connection: Connection,
  location: UnityCatalogLocation,
  { experimentId, created }: { readonly experimentId: string; readonly created: TraceLocation },
): Promise<void> => {
  const id = encodeURIComponent(experimentId);
  const purpose = `Linking experiment ${experimentId} with ${formatLocation(location)}`;
  const wanted = toTraceLocation(location);
  if (location.kind === "schema") {
    const place = { ...wanted.uc_schema, ...created.uc_schema };
    await request(connection, {
      method: "POST",
      path: `/api/4.0/mlflow/traces/${id}/link-location`,
      body: { experiment_id: experimentId, uc_schema: place },
      purpose,
    });
    return;
  }
  // The tables' names are the workspace's to choose; it sends them back, and is told them again.
  const {
    location_id: _locationId,
    metrics_table_name: _metrics,
    ...place
  } = {
    ...wanted.uc_table_prefix,
    ...created.uc_table_prefix,
  };
  await request(connection, {
    method: "POST",
    path: `/api/5.0/mlflow/experiments/${id}/trace-location:link`,
    body: { experiment_id: experimentId, uc_table_prefix: place },
    purpose,
  });
};

const conflict = (experiment: Experiment, linked: UnityCatalogLocation, wanted: UnityCatalogLocation): TracelakeError =>
  new TracelakeError(ErrorCode.TRACE_LOCATION_CONFLICT, {
    failed: `The experiment ${experiment.name} is linked with another trace location than ${formatLocation(wanted)}`,
    seen: formatLocation(linked),
    remedy:
      linked.kind === "schema"
        ? `Unlink it first: tracelake unlink --experiment ${experiment.experiment_id}; or use a new experiment.`
        : "A link of this form is permanent: use a new experiment.",
  });

/**
 * Makes the tables of a location, if they are not there, and keeps the traces of an experiment in them from now on. Linking
 * what is linked already changes nothing.
 *
 * The SQL warehouse is looked for, and started if it is stopped, before anything is created.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/trace-unity-catalog
 * @returns the location.
 * @throws {TracelakeError} `CONFIG_WAREHOUSE_MISSING`, `CONFIG_DESTINATION_INVALID`, `TRACE_LOCATION_CONFLICT` where the
 *   experiment or the tables stand in the way, `WORKSPACE_*`
 */
export const setExperimentTraceLocation = async (
  connection: Connection,
  options: TraceLocationOptions,
): Promise<UnityCatalogLocation> => {
  const location = parseLocation(options.location);
  const { experimentId } = options;
  warehouseIdOf(connection, options, `Making the trace location ${formatLocation(location)}`);
  const experiment = await getExperiment(connection, { experimentId });
  const linked = linkedLocationOf(experiment);
  if (linked !== undefined) {
    if (isSameLocation(linked, location)) return linked;
    throw conflict(experiment, linked, location);
  }
  const warehouseId = await startWarehouse(connection, options);
  try {
    const created =
      location.kind === "schema"
        ? await createSchemaLocation(connection, location, warehouseId)
        : await createPrefixLocation(connection, location, warehouseId);
    await link(connection, location, { experimentId, created });
  } catch (error) {
    throw locationError(error, { location, experimentId });
  }
  return location;
};

/**
 * Undoes the link of an experiment with a location of the schema form. Tables and traces stay where they are.
 *
 * @throws {TracelakeError} `TRACE_LOCATION_CONFLICT` for the prefix form, which Databricks cannot unlink; `WORKSPACE_*`
 */
export const unsetExperimentTraceLocation = async (
  connection: Connection,
  { location: text, experimentId }: { readonly location: string; readonly experimentId: string },
): Promise<void> => {
  const location = parseLocation(text);
  if (location.kind === "prefix") {
    throw new TracelakeError(ErrorCode.TRACE_LOCATION_CONFLICT, {
      failed: `The experiment ${experimentId} cannot be unlinked`,
      seen: `${text}, a location with a table prefix`,
      remedy: "Databricks links these for good: use a new experiment.",
    });
  }
  try {
    await request(connection, {
      method: "POST",
      path: `/api/4.0/mlflow/traces/${encodeURIComponent(experimentId)}/unlink-location`,
      body: { experiment_id: experimentId, uc_schema: toTraceLocation(location).uc_schema },
      purpose: `Unlinking experiment ${experimentId} from ${text}`,
    });
  } catch (error) {
    throw locationError(error, { location, experimentId });
  }
};

const isMissing = (error: unknown): boolean =>
  TracelakeError.isInstance(error) &&
  (error.answer?.errorCode === "RESOURCE_DOES_NOT_EXIST" || error.answer?.errorCode === "NOT_FOUND");

// Somebody else may create it in between.
const getOrCreate = async (connection: Connection, name: string): Promise<Experiment & { isNew: boolean }> => {
  const reference: ExperimentReference = { experimentName: name };
  try {
    return { ...(await getExperiment(connection, reference)), isNew: false };
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    const experimentId = await createExperiment(connection, { name });
    return { ...(await getExperiment(connection, { experimentId })), isNew: true };
  } catch (error) {
    if (!TracelakeError.isInstance(error) || error.answer?.errorCode !== "RESOURCE_ALREADY_EXISTS") throw error;
    return { ...(await getExperiment(connection, reference)), isNew: false };
  }
};

/**
 * The experiment of a name, made where there is none, and linked with a trace location where one is given.
 *
 * @throws {TracelakeError} as {@link setExperimentTraceLocation} and {@link createExperiment}. An experiment that was made
 *   but could not be linked stays; the same call again goes on from there.
 */
export const setExperiment = async (connection: Connection, options: SetExperimentOptions): Promise<Experiment> => {
  const { name, traceLocation } = options;
  if (traceLocation !== undefined) {
    warehouseIdOf(connection, options, `Making the trace location ${formatLocation(parseLocation(traceLocation))}`);
  }
  const { isNew, ...experiment } = await getOrCreate(connection, name);
  const { experiment_id: experimentId, lifecycle_stage: stage } = experiment;
  if (stage === "deleted") {
    throw new TracelakeError(ErrorCode.WORKSPACE_REJECTED, {
      failed: `The experiment ${name} cannot be used`,
      seen: "it is deleted",
      remedy: "Restore it in the workspace, or use another name.",
    });
  }
  if (traceLocation === undefined) return experiment;
  try {
    await setExperimentTraceLocation(connection, { ...options, location: traceLocation, experimentId });
  } catch (error) {
    if (!isNew || !TracelakeError.isInstance(error)) throw error;
    throw new TracelakeError(error.code, {
      failed: `The experiment ${name} (${experimentId}) was created, but not linked with ${traceLocation}`,
      seen: error.message.replace(/\.$/, ""),
      remedy: "Then run the same again.",
      ...(error.answer === undefined ? {} : { answer: error.answer }),
    });
  }
  return getExperiment(connection, { experimentId });
};
