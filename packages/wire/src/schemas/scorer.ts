import { z } from "zod";

/**
 * One scorer of an experiment, as a workspace schedules it. `serialized_scorer` is MLflow's own JSON text.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/genai/scorers/registry.py
 */
export const scheduledScorerSchema = z.looseObject({
  name: z.string(),
  serialized_scorer: z.string(),
  builtin: z.looseObject({ name: z.string() }).optional(),
  custom: z.looseObject({}).optional(),
  sample_rate: z.number().min(0).max(1).optional(),
  filter_string: z.string().optional(),
  scorer_version: z.int().optional(),
  is_session_level_scorer: z.boolean().optional(),
});

/** An entry of a workspace's schedule, as {@link scheduledScorerSchema} reads it, and as it is sent. */
export type ScheduledScorerMessage = z.infer<typeof scheduledScorerSchema>;

/** All scorers of an experiment: what `/api/2.0/managed-evals/scheduled-scorers/{experiment_id}` is sent and answers. */
export const scheduledScorersSchema = z.looseObject({
  experiment_id: z.string().optional(),
  scheduled_scorers: z.looseObject({ scorers: z.array(scheduledScorerSchema).default([]) }).default({ scorers: [] }),
  next_page_token: z.string().optional(),
});

/** A page of a workspace's schedule, as {@link scheduledScorersSchema} reads it. */
export type ScheduledScorersMessage = z.infer<typeof scheduledScorersSchema>;

/** One version of a scheduled scorer's definition. `name` is a path that ends with the version. */
export const scorerVersionSchema = z.looseObject({
  name: z.string(),
  display_name: z.string().optional(),
  scorer_version: z.int(),
  serialized_scorer: z.string(),
});

/** The answer of `/api/2.0/managed-evals/experiments/{experiment_id}/scorers/{key}/versions`. */
export const scorerVersionsSchema = z.looseObject({
  scorer_versions: z.array(scorerVersionSchema).default([]),
  next_page_token: z.string().optional(),
});

/** A version of a scheduled scorer, as {@link scorerVersionSchema} reads it; versions count from 1. */
export type ScorerVersion = z.infer<typeof scorerVersionSchema>;

/** A page of versions, as {@link scorerVersionsSchema} reads it. */
export type ScorerVersions = z.infer<typeof scorerVersionsSchema>;

/** A version of a scorer in the registry of an MLflow server. `creation_time` is milliseconds since 1970. */
export const registeredScorerSchema = z.looseObject({
  experiment_id: z.coerce.string().optional(),
  scorer_name: z.string(),
  scorer_version: z.int(),
  serialized_scorer: z.string(),
  creation_time: z.number().optional(),
  scorer_id: z.string().optional(),
});

/** An entry of an MLflow server's registry, as {@link registeredScorerSchema} reads it. */
export type RegisteredScorerMessage = z.infer<typeof registeredScorerSchema>;

/** The answers of `scorers/list` and `scorers/versions`. */
export const registeredScorersSchema = z.looseObject({ scorers: z.array(registeredScorerSchema).default([]) });

/** The answer of `scorers/get`. */
export const registeredScorerAnswerSchema = z.looseObject({ scorer: registeredScorerSchema });

/** How much of an experiment's traffic a scorer of an MLflow server sees. */
export const onlineScoringConfigSchema = z.looseObject({
  online_scoring_config_id: z.string(),
  scorer_id: z.string(),
  sample_rate: z.number(),
  experiment_id: z.string(),
  filter_string: z
    .string()
    .nullish()
    .transform((filter) => filter ?? undefined),
});

/** How a scorer of an MLflow server runs, as {@link onlineScoringConfigSchema} reads it; `sample_rate` is 0 to 1. */
export type OnlineScoringConfig = z.infer<typeof onlineScoringConfigSchema>;

/** The answer of `scorers/online-configs`. */
export const onlineScoringConfigsSchema = z.looseObject({ configs: z.array(onlineScoringConfigSchema).default([]) });
