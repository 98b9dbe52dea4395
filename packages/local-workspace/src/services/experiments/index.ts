import { z } from "zod";
import { doesNotExist, errorResponse, invalidParameter } from "../../http/errors.ts";
import { readJson } from "../../http/json.ts";
import type { Service } from "../service.ts";

const base = "/api/2.0/mlflow/experiments";

const createSchema = z.object({
  name: z.string().trim().min(1).max(500),
  artifact_location: z.string().optional(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
});

const tagSchema = z.object({
  experiment_id: z.string(),
  key: z.string().min(1).max(250),
  value: z.string().max(5000),
});

const noExperiment = (experimentId: string) => doesNotExist(`No Experiment with id=${experimentId} exists`);

/**
 * Experiments and their tags.
 *
 * @see https://docs.databricks.com/api/workspace/experiments
 */
export const experimentsService: Service = {
  name: "experiments",
  mount: (app, { store }) => {
    app.post(`${base}/create`, async (context) => {
      const read = await readJson(context, createSchema);
      if ("refusal" in read) return errorResponse(context, read.refusal);
      const { name, artifact_location: artifactLocation, tags } = read.value;
      const experimentId = await store.createExperiment({
        name,
        ...(artifactLocation === undefined ? {} : { artifactLocation }),
        tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
      });
      if (experimentId !== undefined) return context.json({ experiment_id: experimentId });
      const message = `Experiment(name=${name}) already exists.`;
      return errorResponse(context, { status: 400, errorCode: "RESOURCE_ALREADY_EXISTS", message });
    });

    app.get(`${base}/get`, async (context) => {
      const experimentId = context.req.query("experiment_id");
      if (experimentId === undefined) return errorResponse(context, invalidParameter("experiment_id is missing"));
      const experiment = await store.getExperiment({ experimentId });
      return experiment === undefined
        ? errorResponse(context, noExperiment(experimentId))
        : context.json({ experiment });
    });

    app.get(`${base}/get-by-name`, async (context) => {
      const name = context.req.query("experiment_name");
      if (name === undefined) return errorResponse(context, invalidParameter("experiment_name is missing"));
      const experiment = await store.getExperiment({ name });
      return experiment === undefined
        ? errorResponse(context, doesNotExist(`Could not find experiment with name '${name}'`))
        : context.json({ experiment });
    });

    app.post(`${base}/set-experiment-tag`, async (context) => {
      const read = await readJson(context, tagSchema);
      if ("refusal" in read) return errorResponse(context, read.refusal);
      const { experiment_id: experimentId, key, value } = read.value;
      const isSet = await store.setExperimentTag({ experimentId, key, value });
      return isSet ? context.json({}) : errorResponse(context, noExperiment(experimentId));
    });
  },
};
