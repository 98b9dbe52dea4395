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

export type ScheduledScorer = z.infer<typeof scheduledScorerSchema>;

/** All scorers of an experiment: what `/api/2.0/managed-evals/scheduled-scorers/{experiment_id}` is sent and answers. */
export const scheduledScorersSchema = z.looseObject({
  experiment_id: z.string().optional(),
  scheduled_scorers: z.looseObject({ scorers: z.array(scheduledScorerSchema).default([]) }).default({ scorers: [] }),
  next_page_token: z.string().optional(),
});

export type ScheduledScorers = z.infer<typeof scheduledScorersSchema>;

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

export type ScorerVersion = z.infer<typeof scorerVersionSchema>;

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

export type RegisteredScorer = z.infer<typeof registeredScorerSchema>;

/** The answers of `scorers/list` and `scorers/versions`, and of `scorers/get`. */
export const registeredScorersSchema = z.looseObject({ scorers: z.array(registeredScorerSchema).default([]) });
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

export type OnlineScoringConfig = z.infer<typeof onlineScoringConfigSchema>;

/** The answer of `scorers/online-configs`. */
export const onlineScoringConfigsSchema = z.looseObject({ configs: z.array(onlineScoringConfigSchema).default([]) });
