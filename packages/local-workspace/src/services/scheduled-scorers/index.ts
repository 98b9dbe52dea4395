import {
  mostScorers,
  parseTraceFilter,
  type RegisteredScorerMessage,
  type ScheduledScorerMessage,
} from "@tracelake/wire";
import { scheduledScorersSchema } from "@tracelake/wire/schemas";
import type { Context, Hono } from "hono";
import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import { Refusal } from "../../http/refusal.ts";
import type { Store } from "../../store/store.ts";
import type { Service, ServiceContext } from "../service.ts";

const base = "/api/2.0/managed-evals";

const notFound = (message: string): Refusal => new Refusal({ status: 404, errorCode: "NOT_FOUND", message });

const checkScorers = (scorers: readonly ScheduledScorerMessage[]): void => {
  const names = new Set(scorers.map(({ name }) => name));
  if (names.size < scorers.length) throw new Refusal(invalidParameter("Two scorers have the same name."));
  if (scorers.length > mostScorers) {
    throw new Refusal(invalidParameter(`An experiment has at most ${mostScorers} scheduled scorers.`));
  }
  for (const { filter_string: filter } of scorers) parseTraceFilter(filter);
};

/** Gives each scorer the version of its definition: a new one where the definition is new. */
const versioned = async (
  store: Store,
  experimentId: string,
  scorers: readonly ScheduledScorerMessage[],
): Promise<ScheduledScorerMessage[]> => {
  const result: ScheduledScorerMessage[] = [];
  for (const scorer of scorers) {
    const { name, serialized_scorer: serialized } = scorer;
    const latest = (await store.scorers.versions(scopeOf(experimentId), name)).at(-1);
    const { scorer_version: version } =
      latest?.serialized_scorer === serialized
        ? latest
        : await store.scorers.register({ experimentId: scopeOf(experimentId), name }, serialized);
    result.push({ ...scorer, sample_rate: scorer.sample_rate ?? 0, scorer_version: version });
  }
  return result;
};

/** Forgets all versions of the scorers that are there no more. */
const forgetMissing = async (
  store: Store,
  experimentId: string,
  {
    before,
    now,
  }: { readonly before: readonly ScheduledScorerMessage[]; readonly now: readonly ScheduledScorerMessage[] },
): Promise<void> => {
  const names = new Set(now.map(({ name }) => name));
  for (const { name } of before) {
    if (!names.has(name)) await store.scorers.remove({ experimentId: scopeOf(experimentId), name });
  }
};

// Apart from the registry that an MLflow server has.
const scopeOf = (experimentId: string): string => `managed:${experimentId}`;

const experimentIn = async (store: Store, context: Context): Promise<string> => {
  const experimentId = context.req.param("experiment") ?? "";
  if ((await store.experiments.get({ experimentId })) !== undefined) return experimentId;
  throw new Refusal(doesNotExist(`No Experiment with id=${experimentId} exists`));
};

const mountSchedule = (app: Hono, { store }: ServiceContext): void => {
  const path = `${base}/scheduled-scorers/:experiment`;
  const answer = (experimentId: string, scorers: readonly ScheduledScorerMessage[]) => ({
    experiment_id: experimentId,
    scheduled_scorers: { scorers },
  });
  app.get(path, async (context) => {
    const experimentId = await experimentIn(store, context);
    return context.json(answer(experimentId, (await store.scorers.scheduled(experimentId)) ?? []));
  });
  const replace = (mustExist: boolean) => async (context: Context) => {
    const experimentId = await experimentIn(store, context);
    const { scheduled_scorers: given } = await readJson(context, scheduledScorersSchema);
    const before = await store.scorers.scheduled(experimentId);
    const exists = before !== undefined;
    if (mustExist && !exists) throw notFound(`No scheduled scorers for experiment ${experimentId}.`);
    if (!mustExist && exists) {
      const message = `Scheduled scorers for experiment ${experimentId} already exist.`;
      throw new Refusal({ status: 409, errorCode: "ALREADY_EXISTS", message });
    }
    checkScorers(given.scorers);
    const scorers = await versioned(store, experimentId, given.scorers);
    await store.scorers.schedule(experimentId, scorers);
    await forgetMissing(store, experimentId, { before: before ?? [], now: scorers });
    return context.json(answer(experimentId, scorers));
  };
  app.patch(path, replace(true));
  app.post(path, replace(false));
  app.delete(path, async (context) => {
    const experimentId = await experimentIn(store, context);
    const before = (await store.scorers.scheduled(experimentId)) ?? [];
    await store.scorers.schedule(experimentId, []);
    await forgetMissing(store, experimentId, { before, now: [] });
    return context.json({});
  });
};

const versionAnswer = (experimentId: string, key: string, scorer: RegisteredScorerMessage) => ({
  name: `experiments/${experimentId}/scorers/${key}/versions/${scorer.scorer_version}`,
  display_name: scorer.scorer_name,
  scorer_version: scorer.scorer_version,
  serialized_scorer: scorer.serialized_scorer,
  create_time: new Date(scorer.creation_time ?? 0).toISOString(),
});

const mountVersions = (app: Hono, { store }: ServiceContext): void => {
  const path = `${base}/experiments/:experiment/scorers/:key/versions`;
  const versionsIn = async (context: Context) => {
    const experimentId = await experimentIn(store, context);
    const key = context.req.param("key") ?? "";
    const name = Buffer.from(key, "base64url").toString("utf8");
    const versions = await store.scorers.versions(scopeOf(experimentId), name);
    if (versions.length === 0) throw notFound(`Scorer '${name}' not found.`);
    return { experimentId, key, name, versions };
  };
  const oneOf = async (context: Context) => {
    const found = await versionsIn(context);
    const version = Number(context.req.param("version"));
    const scorer = found.versions.find((one) => one.scorer_version === version);
    if (scorer === undefined) throw notFound(`Scorer version ${version} of '${found.name}' not found.`);
    return { ...found, scorer };
  };
  app.get(path, async (context) => {
    const { experimentId, key, versions } = await versionsIn(context);
    return context.json({ scorer_versions: versions.map((scorer) => versionAnswer(experimentId, key, scorer)) });
  });
  app.get(`${path}/:version`, async (context) => {
    const { experimentId, key, scorer } = await oneOf(context);
    return context.json(versionAnswer(experimentId, key, scorer));
  });
  app.delete(`${path}/:version`, async (context) => {
    const { experimentId, name, scorer } = await oneOf(context);
    await store.scorers.remove({ experimentId: scopeOf(experimentId), name }, scorer.scorer_version);
    return context.json({});
  });
};

/**
 * What Databricks runs over an experiment's traffic: the whole list is read and replaced. Nothing here runs it.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/registry.py
 */
export const scheduledScorersService: Service = {
  name: "scheduled-scorers",
  mount: (app, context) => {
    mountSchedule(app, context);
    mountVersions(app, context);
  },
};
