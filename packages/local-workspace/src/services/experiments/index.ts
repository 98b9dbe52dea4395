import type { Experiment } from "@tracelake/wire";
import type { Context } from "hono";
import { z } from "zod";
import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { checked, readJson, requiredQuery } from "../../http/json.ts";
import { Refusal } from "../../http/refusal.ts";
import { LifecycleStage } from "../../store/experiments.ts";
import type { Service, ServiceContext } from "../service.ts";
import { pageOfExperiments, searchSchema } from "./search.ts";

const base = "/api/2.0/mlflow/experiments";

const createSchema = z.object({
  name: z.string().trim().min(1).max(500),
  artifact_location: z.string().optional(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
});

const idSchema = z.object({ experiment_id: z.string() });
const tagKeySchema = idSchema.extend({ key: z.string().min(1).max(250) });
const tagSchema = tagKeySchema.extend({ value: z.string().max(5000) });

const noExperiment = (experimentId: string): Refusal =>
  new Refusal(doesNotExist(`No Experiment with id=${experimentId} exists`));

const alreadyExists = (name: string): Refusal => {
  const message = `Experiment(name=${name}) already exists. Error: RESOURCE_ALREADY_EXISTS`;
  return new Refusal({ status: 400, errorCode: "RESOURCE_ALREADY_EXISTS", message });
};

const notAbsolute = (name: string): Refusal =>
  new Refusal(
    invalidParameter(
      `Got an invalid experiment name '${name}'. An experiment name must be an absolute path within the Databricks workspace, e.g. '/Users/<some-username>/my-experiment'.`,
    ),
  );

const mountWrites = ({ app, store }: MountArguments): void => {
  app.post(`${base}/create`, async (context) => {
    const { name, artifact_location: artifactLocation, tags } = await readJson(context, createSchema);
    if (!name.startsWith("/")) throw notAbsolute(name);
    const experimentId = await store.experiments.create({
      name,
      ...(artifactLocation === undefined ? {} : { artifactLocation }),
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    });
    if (experimentId === undefined) throw alreadyExists(name);
    return context.json({ experiment_id: experimentId });
  });
  const setTag = async (experimentId: string, key: string, value: string | null): Promise<void> => {
    if (!(await store.experiments.setTags(experimentId, { [key]: value }))) throw noExperiment(experimentId);
  };
  app.post(`${base}/set-experiment-tag`, async (context) => {
    const { experiment_id: experimentId, key, value } = await readJson(context, tagSchema);
    await setTag(experimentId, key, value);
    return context.json({});
  });
  app.post(`${base}/delete-experiment-tag`, async (context) => {
    const { experiment_id: experimentId, key } = await readJson(context, tagKeySchema);
    await setTag(experimentId, key, null);
    return context.json({});
  });
  const setStage = (stage: LifecycleStage) => async (context: Context) => {
    const { experiment_id: experimentId } = await readJson(context, idSchema);
    if (!(await store.experiments.setLifecycleStage(experimentId, stage))) throw noExperiment(experimentId);
    return context.json({});
  };
  app.post(`${base}/delete`, setStage(LifecycleStage.DELETED));
  app.post(`${base}/restore`, setStage(LifecycleStage.ACTIVE));
};

type MountArguments = { readonly app: Parameters<Service["mount"]>[0] } & ServiceContext;

const found = (context: Context, experiment: Experiment | undefined, refusal: Refusal): Response => {
  if (experiment === undefined) throw refusal;
  return context.json({ experiment });
};

const mountReads = ({ app, store }: MountArguments): void => {
  app.get(`${base}/get`, async (context) => {
    const experimentId = requiredQuery(context, "experiment_id");
    return found(context, await store.experiments.get({ experimentId }), noExperiment(experimentId));
  });
  app.get(`${base}/get-by-name`, async (context) => {
    const name = requiredQuery(context, "experiment_name");
    const refusal = new Refusal(doesNotExist(`Could not find experiment with name '${name}'`));
    return found(context, await store.experiments.get({ name }), refusal);
  });
  app.post(`${base}/search`, async (context) =>
    context.json(pageOfExperiments(await store.experiments.list(), await readJson(context, searchSchema))),
  );
  app.get(`${base}/search`, async (context) => {
    const { max_results: maxResults, order_by: orderBy, ...rest } = context.req.query();
    const orders = orderBy === undefined ? {} : { order_by: context.req.queries("order_by") };
    const most = maxResults === undefined ? {} : { max_results: Number(maxResults) };
    return context.json(
      pageOfExperiments(await store.experiments.list(), checked(searchSchema, { ...rest, ...orders, ...most })),
    );
  });
};

/**
 * Experiments and their tags.
 *
 * @see https://docs.databricks.com/api/workspace/experiments
 */
export const experimentsService: Service = {
  name: "experiments",
  mount: (app, context) => {
    mountWrites({ app, ...context });
    mountReads({ app, ...context });
  },
};
