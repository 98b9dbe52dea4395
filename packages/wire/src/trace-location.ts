import { formatLocation, tablesOf, type UnityCatalogLocation } from "./location.ts";
import type { TraceLocation } from "./schemas/trace-location.ts";

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
