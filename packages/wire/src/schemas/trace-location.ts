import { z } from "zod";

/**
 * Where a trace lives, as the REST API writes it. Mind the trap: the schema form carries bare table names, the prefix
 * form fully qualified ones under other field names.
 *
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/protos/databricks_tracing.proto
 */
export const traceLocationSchema = z.looseObject({
  type: z.string().optional(),
  mlflow_experiment: z.looseObject({ experiment_id: z.string() }).optional(),
  uc_schema: z
    .looseObject({
      catalog_name: z.string(),
      schema_name: z.string(),
      otel_spans_table_name: z.string().optional(),
      otel_logs_table_name: z.string().optional(),
    })
    .optional(),
  uc_table_prefix: z
    .looseObject({
      catalog_name: z.string(),
      schema_name: z.string(),
      table_prefix: z.string(),
      spans_table_name: z.string().optional(),
      logs_table_name: z.string().optional(),
      metrics_table_name: z.string().optional(),
      annotations_table_name: z.string().optional(),
      location_id: z.string().optional(),
    })
    .optional(),
});

/** A location as {@link traceLocationSchema} reads it: one of the three parts is there, which `type` names. */
export type TraceLocation = z.infer<typeof traceLocationSchema>;
