import {
  ExperimentTagKey,
  formatLocation,
  isSameLocation,
  parseLocation,
  tablesOf,
  toTraceLocation,
  type Experiment,
  type UnityCatalogLocation,
} from "@tracelake/wire";
import type { Context } from "hono";
import { z } from "zod";
import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import { currentUser } from "../../current-user.ts";
import { Refusal } from "../../http/refusal.ts";
import { securableOf } from "../../store/grants.ts";
import type { Store } from "../../store/store.ts";
import { hasTraces, linkedLocation } from "../experiment-link.ts";
import type { Service, ServiceContext } from "../service.ts";
import { requireRunningWarehouse } from "../warehouses/warehouses.ts";

const schemaForm = z.object({ catalog_name: z.string(), schema_name: z.string() });
const prefixForm = schemaForm.extend({ table_prefix: z.string() });

const locationSchema = z
  .object({
    uc_schema: schemaForm.optional(),
    uc_table_prefix: prefixForm.optional(),
    sql_warehouse_id: z.string().optional(),
  })
  .refine(({ uc_schema: schema, uc_table_prefix: prefix }) => (schema === undefined) !== (prefix === undefined), {
    error: "give either uc_schema or uc_table_prefix",
  });

type LocationBody = z.infer<typeof locationSchema>;

/** Tables of that prefix would be those of the schema form. */
const reservedPrefix = "mlflow_experiment_trace";

const locationOf = ({ uc_schema: schema, uc_table_prefix: prefix }: LocationBody): UnityCatalogLocation => {
  const { catalog_name: catalog = "", schema_name: name = "" } = prefix ?? schema ?? {};
  if (prefix?.table_prefix.toLowerCase() === reservedPrefix) {
    throw new Refusal(invalidParameter(`The table prefix '${reservedPrefix}' is reserved.`));
  }
  return parseLocation([catalog, name, ...(prefix === undefined ? [] : [prefix.table_prefix])].join("."));
};

const idOf = (location: UnityCatalogLocation): string => Buffer.from(formatLocation(location)).toString("base64url");

const answerOf = (location: UnityCatalogLocation) => {
  const { uc_schema: schema, uc_table_prefix: prefix } = toTraceLocation(location);
  return prefix === undefined ? { uc_schema: schema } : { uc_table_prefix: { ...prefix, location_id: idOf(location) } };
};

const tagsOf = (location: UnityCatalogLocation): Record<string, string | null> => {
  const tables = tablesOf(location);
  return {
    [ExperimentTagKey.TRACE_DESTINATION_PATH]: formatLocation(location),
    [ExperimentTagKey.SPANS_TABLE]: tables.spans,
    [ExperimentTagKey.LOGS_TABLE]: tables.logs,
    [ExperimentTagKey.ANNOTATIONS_TABLE]: tables.annotations ?? null,
  };
};

const noTags = Object.fromEntries(Object.values(ExperimentTagKey).map((key) => [key, null]));

const experimentOf = async (store: Store, context: Context): Promise<Experiment> => {
  const experimentId = context.req.param("experiment") ?? "";
  const experiment = await store.experiments.get({ experimentId });
  if (experiment === undefined) throw new Refusal(doesNotExist(`No Experiment with id=${experimentId} exists`));
  return experiment;
};

const badRequest = (message: string): Refusal => new Refusal({ status: 400, errorCode: "BAD_REQUEST", message });

const link = async (store: Store, experiment: Experiment, location: UnityCatalogLocation): Promise<void> => {
  const { experiment_id: id } = experiment;
  const before = linkedLocation(experiment);
  const path = formatLocation(location);
  if (before !== undefined) {
    if (isSameLocation(before, location)) return;
    throw new Refusal(
      invalidParameter(`Experiment ${id} is already linked to the trace location ${formatLocation(before)}.`),
    );
  }
  if (!(await store.traces.hasLocation(path)))
    throw new Refusal(doesNotExist(`Trace location ${path} does not exist.`));
  // The schema form hides earlier traces; the prefix form is for good.
  if (location.kind === "prefix" && (await hasTraces(store, id))) {
    throw badRequest(`Experiment ${id} already contains traces.`);
  }
  await store.experiments.setTags(id, tagsOf(location));
};

const unlink = async (store: Store, experiment: Experiment, location: UnityCatalogLocation): Promise<void> => {
  const linked = linkedLocation(experiment);
  if (linked === undefined || !isSameLocation(linked, location)) {
    const seen = linked === undefined ? "no trace location" : `the trace location ${formatLocation(linked)}`;
    throw new Refusal(invalidParameter(`Experiment ${experiment.experiment_id} is linked to ${seen}.`));
  }
  await store.experiments.setTags(experiment.experiment_id, noTags);
};

const create = async (
  { store, warehouses, access }: ServiceContext,
  context: Context,
): Promise<{ location: UnityCatalogLocation; isNew: boolean }> => {
  const body = await readJson(context, locationSchema);
  const location = locationOf(body);
  requireRunningWarehouse(warehouses, body.sql_warehouse_id);
  const isNew = !(await store.traces.hasLocation(formatLocation(location)));
  if (isNew) {
    const owner = await access.toMakeTables(context, location);
    await store.traces.createLocation(formatLocation(location));
    const names = Object.values(tablesOf(location)).filter((name) => name !== undefined);
    if (owner !== currentUser) await store.grants.own(names.map(securableOf), owner);
  }
  return { location, isNew };
};

/**
 * Locations for traces in both generations, and which of them an experiment's traces go to.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/databricks_tracing.proto
 */
export const traceLocationsService: Service = {
  name: "trace-locations",
  mount: (app, services) => {
    const { store } = services;
    const traces = "/api/4.0/mlflow/traces";
    app.post(`${traces}/location`, async (context) => {
      const { location, isNew } = await create(services, context);
      if (isNew) return context.json(answerOf(location));
      const message = `Trace location ${formatLocation(location)} already exists.`;
      throw new Refusal({ status: 409, errorCode: "ALREADY_EXISTS", message });
    });
    app.post(`${traces}/:experiment/link-location`, async (context) => {
      const location = locationOf(await readJson(context, locationSchema));
      await link(store, await experimentOf(store, context), location);
      return context.json({});
    });
    app.post(`${traces}/:experiment/unlink-location`, async (context) => {
      const location = locationOf(await readJson(context, locationSchema));
      await unlink(store, await experimentOf(store, context), location);
      return context.json({});
    });
    const locations = "/api/5.0/mlflow/tracing/locations";
    app.post(locations, async (context) => {
      const { location } = await create(services, context);
      return context.json(answerOf(location));
    });
    app.get(`${locations}/:id`, async (context) => {
      const id = context.req.param("id");
      const text = Buffer.from(id, "base64url").toString("utf8");
      const isThere = /^[^.]+\.[^.]+\.[^.]+$/.test(text) && (await store.traces.hasLocation(text));
      if (!isThere) throw new Refusal(doesNotExist(`Trace location with ID '${id}' does not exist.`));
      return context.json(answerOf(parseLocation(text)));
    });
    app.post("/api/5.0/mlflow/experiments/:experiment/trace-location:link", async (context) => {
      const location = locationOf(await readJson(context, locationSchema));
      await link(store, await experimentOf(store, context), location);
      return context.json({});
    });
  },
};
