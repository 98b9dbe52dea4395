import { z } from "zod";

/** An experiment as the REST API answers it. Times are milliseconds since 1970. */
export const experimentSchema = z.looseObject({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string().optional(),
  lifecycle_stage: z.string().optional(),
  tags: z.array(z.looseObject({ key: z.string(), value: z.string() })).default([]),
});

export type Experiment = z.infer<typeof experimentSchema>;

/** The answer of `experiments/get` and `experiments/get-by-name`. */
export const experimentAnswerSchema = z.looseObject({ experiment: experimentSchema });

/** The body of every error that a workspace answers. */
export const errorAnswerSchema = z.looseObject({ error_code: z.string().optional(), message: z.string().optional() });
