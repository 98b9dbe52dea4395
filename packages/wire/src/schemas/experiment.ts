import { z } from "zod";

/** An experiment as the REST API answers it. Times are milliseconds since 1970. */
export const experimentSchema = z.looseObject({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string().optional(),
  lifecycle_stage: z.string().optional(),
  creation_time: z.number().optional(),
  last_update_time: z.number().optional(),
  tags: z.array(z.looseObject({ key: z.string(), value: z.string() })).default([]),
});

/** An experiment as {@link experimentSchema} reads it. */
export type Experiment = z.infer<typeof experimentSchema>;

/** The answer of `experiments/get` and `experiments/get-by-name`. */
export const experimentAnswerSchema = z.looseObject({ experiment: experimentSchema });

/** The answer of `experiments/create`. */
export const experimentCreatedSchema = z.looseObject({ experiment_id: z.string() });

/** The answer of `experiments/search`; without a token, there is no further page. */
export const experimentsPageSchema = z.looseObject({
  experiments: z.array(experimentSchema).default([]),
  next_page_token: z.string().optional(),
});
