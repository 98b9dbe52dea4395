import { ErrorCode, TracelakeError } from "./errors.ts";
import { quoteForMessage } from "./quote.ts";

/** `catalog.schema`: traces live in the schema's `mlflow_experiment_trace_otel_*` tables. */
export interface SchemaLocation {
  readonly kind: "schema";
  readonly catalog: string;
  readonly schema: string;
}

/** `catalog.schema.prefix`: traces live in the schema's `<prefix>_otel_*` tables. */
export interface PrefixLocation {
  readonly kind: "prefix";
  readonly catalog: string;
  readonly schema: string;
  readonly tablePrefix: string;
}

/**
 * Where in Unity Catalog the traces of an experiment are kept.
 *
 * @see https://docs.databricks.com/aws/en/mlflow3/genai/tracing/trace-unity-catalog
 */
export type UnityCatalogLocation = SchemaLocation | PrefixLocation;

/** The fully qualified, unquoted tables and views of a location. */
export interface LocationTables {
  readonly spans: string;
  readonly logs: string;
  readonly metrics: string;
  /** Only the prefix form has an annotations table; the schema form keeps tags and assessments in the logs table. */
  readonly annotations: string | undefined;
  readonly unifiedView: string;
  readonly metadataView: string;
}

const twoForms = 'Write "catalog.schema" or "catalog.schema.table_prefix", for example "main.agents".';

// Unity Catalog refuses these in the names of its objects; the rest of the exclusions would break an HTTP header or a URL path.
const forbiddenInName = /[\u0000-\u0020\u007f-\u009f./\\"'`;:?#%&]/;
const longestNameLength = 255;

// Unity Catalog allows more, but the table's name travels in an HTTP header.
const beyondHeader = /[^\u0000-\u00ff]/;

/**
 * Reads `catalog.schema` or `catalog.schema.prefix`.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_INVALID`, naming what was given and the two right forms.
 */
export const parseLocation = (text: string): UnityCatalogLocation => {
  const parts = typeof text === "string" ? text.split(".") : [];
  const [catalog, schema, tablePrefix] = parts;
  const isNamed = parts.every(
    (part) => part.length > 0 && part.length <= longestNameLength && !forbiddenInName.test(part),
  );
  if (!isNamed || parts.length > 3 || catalog === undefined || schema === undefined) {
    throw new TracelakeError(ErrorCode.CONFIG_DESTINATION_INVALID, {
      failed: "The Unity Catalog destination cannot be used",
      seen: quoteForMessage(text),
      remedy: twoForms,
    });
  }
  if (beyondHeader.test(text)) {
    throw new TracelakeError(ErrorCode.CONFIG_DESTINATION_INVALID, {
      failed: "Traces cannot be sent to this Unity Catalog destination",
      seen: quoteForMessage(text),
      remedy:
        "Choose names of Latin letters, digits and underscores: the table's name travels in an HTTP header, which cannot hold the others.",
    });
  }
  return tablePrefix === undefined
    ? { kind: "schema", catalog, schema }
    : { kind: "prefix", catalog, schema, tablePrefix };
};

/** The text form of a location, as it stands in trace ids and experiment tags. */
export const formatLocation = (location: UnityCatalogLocation): string =>
  location.kind === "schema"
    ? `${location.catalog}.${location.schema}`
    : `${location.catalog}.${location.schema}.${location.tablePrefix}`;

/** A location as a key: the same for all ways of writing it, as Unity Catalog does not tell names apart by case. */
export const locationKey = (location: UnityCatalogLocation): string => formatLocation(location).toLowerCase();

/** Whether two locations are one, however they are written. */
export const isSameLocation = (a: UnityCatalogLocation, b: UnityCatalogLocation): boolean =>
  locationKey(a) === locationKey(b);

/** The tables and views that Databricks creates for a location. */
export const tablesOf = (location: UnityCatalogLocation): LocationTables => {
  const base = `${location.catalog}.${location.schema}`;
  const stem = location.kind === "schema" ? `${base}.mlflow_experiment_trace` : `${base}.${location.tablePrefix}`;
  const view = location.kind === "schema" ? stem : `${stem}_trace`;
  return {
    spans: `${stem}_otel_spans`,
    logs: `${stem}_otel_logs`,
    metrics: `${stem}_otel_metrics`,
    annotations: location.kind === "prefix" ? `${stem}_otel_annotations` : undefined,
    unifiedView: `${view}_unified`,
    metadataView: `${view}_metadata`,
  };
};

const schemaFormStem = "mlflow_experiment_trace";

/**
 * The location that a telemetry table belongs to, from its fully qualified name; `undefined` where the name is not one
 * of the tables of {@link tablesOf}.
 */
export const locationOfTable = (
  qualifiedName: string,
): { location: UnityCatalogLocation; signal: "spans" | "logs" | "metrics" | "annotations" } | undefined => {
  const match = /^([^.]+)\.([^.]+)\.([^.]+)_otel_(spans|logs|metrics|annotations)$/.exec(qualifiedName);
  const [, catalog, schema, stem, signal] = match ?? [];
  if (catalog === undefined || schema === undefined || stem === undefined || signal === undefined) return undefined;
  const text = stem === schemaFormStem ? `${catalog}.${schema}` : `${catalog}.${schema}.${stem}`;
  try {
    return { location: parseLocation(text), signal: signal as "spans" | "logs" | "metrics" | "annotations" };
  } catch {
    return undefined;
  }
};
