import { randomBytes } from "node:crypto";
import { stringifyJson, type JsonValue } from "@tracelake/wire";
import type { Context, Hono } from "hono";
import { z } from "zod";
import { doesNotExist, invalidParameter } from "../../http/errors.ts";
import { readJson, requiredQuery } from "../../http/json.ts";
import { principalOf } from "../../http/principal.ts";
import { Refusal } from "../../http/refusal.ts";
import { LifecycleStage } from "../../store/experiments.ts";
import type { Run, RunLog } from "../../store/runs.ts";
import type { Service, ServiceContext } from "../service.ts";
import { entrySchema, infoAnswer, metricAnswer, metricSchema, runAnswer, statusSchema, timeSchema } from "./form.ts";
import { pageOfRuns, searchSchema } from "./search.ts";

const base = "/api/2.0/mlflow/runs";

const createSchema = z.object({
  experiment_id: z.string(),
  user_id: z.string().optional(),
  run_name: z.string().max(500).optional(),
  start_time: timeSchema.optional(),
  tags: z.array(entrySchema).default([]),
});

const runSchema = z.object({ run_id: z.string() });

const updateSchema = runSchema.extend({
  status: statusSchema.optional(),
  end_time: timeSchema.optional(),
  run_name: z.string().max(500).optional(),
});

const batchSchema = runSchema.extend({
  metrics: z.array(metricSchema).max(1000).default([]),
  params: z.array(entrySchema).max(100).default([]),
  tags: z.array(entrySchema).max(100).default([]),
});

const inputsSchema = runSchema.extend({ datasets: z.array(z.json()).max(1000).default([]) });

const noRun = (runId: string): Refusal => new Refusal(doesNotExist(`Run with id=${runId} not found`));

const found = <T>(runId: string, value: T | undefined): T => {
  if (value === undefined) throw noRun(runId);
  return value;
};

const mountLifecycle = (app: Hono, { store, tokens }: ServiceContext): void => {
  app.post(`${base}/create`, async (context) => {
    const { experiment_id: experimentId, ...given } = await readJson(context, createSchema);
    if ((await store.experiments.get({ experimentId })) === undefined) {
      throw new Refusal(doesNotExist(`No Experiment with id=${experimentId} exists`));
    }
    const named = given.tags.find(({ key }) => key === "mlflow.runName")?.value;
    const run = await store.runs.create({
      experimentId,
      name: given.run_name || named || `run-${randomBytes(4).toString("hex")}`,
      userId: given.user_id || principalOf(context, tokens),
      startTime: given.start_time ?? Date.now(),
      tags: given.tags,
    });
    return context.json({ run: runAnswer(run) });
  });
  app.get(`${base}/get`, async (context) => {
    const runId = requiredQuery(context, "run_id");
    return context.json({ run: runAnswer(found(runId, await store.runs.get(runId))) });
  });
  app.post(`${base}/update`, async (context) => {
    const { run_id: runId, status, end_time: endTime, run_name: name } = await readJson(context, updateSchema);
    const changes = {
      ...(status === undefined ? {} : { status }),
      ...(endTime === undefined ? {} : { endTime }),
      ...(name ? { name } : {}),
    };
    return context.json({ run_info: infoAnswer(found(runId, await store.runs.update(runId, changes))) });
  });
  const setStage = (stage: LifecycleStage) => async (context: Context) => {
    const { run_id: runId } = await readJson(context, runSchema);
    found(runId, await store.runs.update(runId, { stage }));
    return context.json({});
  };
  app.post(`${base}/delete`, setStage(LifecycleStage.DELETED));
  app.post(`${base}/restore`, setStage(LifecycleStage.ACTIVE));
};

const mountLogs = (app: Hono, { store }: ServiceContext): void => {
  const log = async (context: Context, runId: string, what: RunLog): Promise<Response> => {
    const { changedParam: param } = found(runId, await store.runs.log(runId, what));
    if (param === undefined) return context.json({});
    throw new Refusal(
      invalidParameter(
        `Changing param values is not allowed. Param with key='${param.key}' was already logged with value='${param.before}' for run ID='${runId}'. Attempted logging new value '${param.value}'.`,
      ),
    );
  };
  app.post(`${base}/log-batch`, async (context) => {
    const { run_id: runId, ...what } = await readJson(context, batchSchema);
    return log(context, runId, what);
  });
  app.post(`${base}/log-metric`, async (context) => {
    const { run_id: runId, ...metric } = await readJson(context, runSchema.extend(metricSchema.shape));
    return log(context, runId, { metrics: [metric] });
  });
  app.post(`${base}/log-parameter`, async (context) => {
    const { run_id: runId, ...param } = await readJson(context, runSchema.extend(entrySchema.shape));
    return log(context, runId, { params: [param] });
  });
  app.post(`${base}/set-tag`, async (context) => {
    const { run_id: runId, ...tag } = await readJson(context, runSchema.extend(entrySchema.shape));
    return log(context, runId, { tags: [tag] });
  });
  app.post(`${base}/log-inputs`, async (context) => {
    const { run_id: runId, datasets } = await readJson(context, inputsSchema);
    return log(context, runId, { inputs: datasets.map((each) => stringifyJson(each as JsonValue)) });
  });
  app.post(`${base}/delete-tag`, async (context) => {
    const { run_id: runId, key } = await readJson(context, runSchema.extend({ key: z.string() }));
    found(runId, await store.runs.get(runId));
    if (await store.runs.deleteTag(runId, key)) return context.json({});
    throw new Refusal(doesNotExist(`No tag with name: ${key} in run with id ${runId}`));
  });
};

const mountReads = (app: Hono, { store }: ServiceContext): void => {
  app.post(`${base}/search`, async (context) => {
    const search = await readJson(context, searchSchema);
    const { records, nextPageToken } = pageOfRuns(await store.runs.ofExperiments(search.experiment_ids), search);
    const next = nextPageToken === undefined ? {} : { next_page_token: nextPageToken };
    return context.json({ runs: records.map(runAnswer), ...next });
  });
  const runIn = async (context: Context): Promise<Run> => {
    const runId = requiredQuery(context, "run_id");
    return found(runId, await store.runs.get(runId));
  };
  app.get("/api/2.0/mlflow/metrics/get-history", async (context) => {
    const { runId } = await runIn(context);
    const history = await store.runs.metricHistory(runId, requiredQuery(context, "metric_key"));
    return context.json({ metrics: history.map(metricAnswer) });
  });
  // Files of runs are not kept.
  app.get("/api/2.0/mlflow/artifacts/list", async (context) => {
    const { artifact_uri: root } = infoAnswer(await runIn(context));
    return context.json({ root_uri: root, files: [] });
  });
};

/**
 * Runs of experiments: what evaluations are kept as.
 *
 * @see https://docs.databricks.com/api/workspace/experiments/createrun
 */
export const runsService: Service = {
  name: "runs",
  mount: (app, context) => {
    mountLifecycle(app, context);
    mountLogs(app, context);
    mountReads(app, context);
  },
};
