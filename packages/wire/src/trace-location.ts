import { z } from "zod";
import { formatLocation, tablesOf, type UnityCatalogLocation } from "./location.ts";

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
    })
    .optional(),
});

export type TraceLocation = z.infer<typeof traceLocationSchema>;

const bareName = (qualified: string): string => qualified.slice(qualified.lastIndexOf(".") + 1);

/** The REST form of a Unity Catalog location. */
export const toTraceLocation = (location: UnityCatalogLocation): TraceLocation => {
  const tables = tablesOf(location);
  if (location.kind === "schema") {
    return {
      type: "UC_SCHEMA",
      uc_schema: {
        catalog_name: location.catalog,
        schema_name: location.schema,
        otel_spans_table_name: bareName(tables.spans),
        otel_logs_table_name: bareName(tables.logs),
      },
    };
  }
  return {
    type: "UC_TABLE_PREFIX",
    uc_table_prefix: {
      catalog_name: location.catalog,
      schema_name: location.schema,
      table_prefix: location.tablePrefix,
      spans_table_name: tables.spans,
      logs_table_name: tables.logs,
      metrics_table_name: tables.metrics,
      ...(tables.annotations === undefined ? {} : { annotations_table_name: tables.annotations }),
    },
  };
};

/** The REST form for traces that an experiment keeps itself. */
export const toExperimentLocation = (experimentId: string): TraceLocation => ({
  type: "MLFLOW_EXPERIMENT",
  mlflow_experiment: { experiment_id: experimentId },
});

/** The part of a trace API path that names a location; dots stay as they are. */
export const locationPathSegment = (location: UnityCatalogLocation): string =>
  encodeURIComponent(formatLocation(location));
