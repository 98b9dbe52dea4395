import type { Hono } from "hono";
import { z } from "zod";
import { parseTraceFilter } from "@tracelake/wire";
import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { readJson, requiredQuery } from "../../http/json.ts";
import { Refusal } from "../../http/refusal.ts";
import type { Service, ServiceContext } from "../service.ts";

const base = "/api/3.0/mlflow/scorers";

const idSchema = z.union([z.string(), z.int()]).transform(String);

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

const nameSchema = z.object({ experiment_id: idSchema, name: z.string().min(1) });
const registerSchema = nameSchema.extend({
  serialized_scorer: z.string().refine(isJsonObject, { error: "serialized_scorer must be valid JSON" }),
});
const deleteSchema = nameSchema.extend({ version: z.int().positive().optional() });
const configSchema = nameSchema.extend({ sample_rate: z.number(), filter_string: z.string().optional() });

const noScorer = (experimentId: string, name: string, version?: number): Refusal => {
  const which = version === undefined ? "" : ` and version ${version}`;
  return new Refusal(doesNotExist(`Scorer with name '${name}'${which} not found for experiment ${experimentId}.`));
};

const mountRegistry = (app: Hono, { store }: ServiceContext): void => {
  app.post(`${base}/register`, async (context) => {
    const {
      experiment_id: experimentId,
      name,
      serialized_scorer: serialized,
    } = await readJson(context, registerSchema);
    if ((await store.experiments.get({ experimentId })) === undefined) {
      throw new Refusal(doesNotExist(`No Experiment with id=${experimentId} exists`));
    }
    const {
      scorer_version: version,
      scorer_name: _,
      ...rest
    } = await store.scorers.register({ experimentId, name }, serialized);
    return context.json({ ...rest, version, name });
  });
  app.get(`${base}/list`, async (context) => {
    const all = await store.scorers.versions(requiredQuery(context, "experiment_id"));
    const latest = new Map(all.map((scorer) => [scorer.scorer_name, scorer]));
    return context.json({ scorers: [...latest.values()] });
  });
  const versionsOf = async (experimentId: string, name: string) => {
    const found = await store.scorers.versions(experimentId, name);
    if (found.length === 0) throw noScorer(experimentId, name);
    return found;
  };
  app.get(`${base}/versions`, async (context) =>
    context.json({
      scorers: await versionsOf(requiredQuery(context, "experiment_id"), requiredQuery(context, "name")),
    }),
  );
  app.get(`${base}/get`, async (context) => {
    const [experimentId, name] = [requiredQuery(context, "experiment_id"), requiredQuery(context, "name")];
    const version = context.req.query("version");
    const all = await versionsOf(experimentId, name);
    const scorer = version === undefined ? all.at(-1) : all.find((one) => one.scorer_version === Number(version));
    if (scorer === undefined) throw noScorer(experimentId, name, Number(version));
    return context.json({ scorer });
  });
  app.delete(`${base}/delete`, async (context) => {
    const { experiment_id: experimentId, name, version } = await readJson(context, deleteSchema);
    const removed = await store.scorers.remove({ experimentId, name }, version);
    if (removed === 0) throw noScorer(experimentId, name, version);
    return context.json({});
  });
};

const mountOnlineScoring = (app: Hono, { store }: ServiceContext): void => {
  app.put(`${base}/online-config`, async (context) => {
    const body = await readJson(context, configSchema);
    const { experiment_id: experimentId, name, sample_rate: sampleRate, filter_string: filter } = body;
    if (!(sampleRate >= 0 && sampleRate <= 1)) {
      throw new Refusal(invalidParameter(`sample_rate must be between 0.0 and 1.0, got ${sampleRate}`));
    }
    parseTraceFilter(filter);
    const scorer = (await store.scorers.versions(experimentId, name)).at(-1);
    if (scorer === undefined) throw noScorer(experimentId, name);
    const config = await store.scorers.setOnlineScoring(scorer, {
      sampleRate,
      ...(filter === undefined ? {} : { filter }),
    });
    return context.json({ config });
  });
  app.get(`${base}/online-configs`, async (context) => {
    const configs = await store.scorers.onlineScoring(context.req.queries("scorer_ids") ?? []);
    return context.json({ configs });
  });
};

/**
 * The registry of scorers that an MLflow server has, and how much of the traffic each is to see. Nothing here runs them.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/service.proto
 */
export const scorersService: Service = {
  name: "scorers",
  mount: (app, context) => {
    mountRegistry(app, context);
    mountOnlineScoring(app, context);
  },
};
