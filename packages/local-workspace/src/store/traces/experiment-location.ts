import {
  ErrorCode,
  formatTraceId,
  quoteForMessage,
  toExperimentLocation,
  toTraceLocation,
  TracelakeError,
  type UnityCatalogLocation,
} from "@tracelake/wire";

const catalog = "mlflow_experiments";
const schema = "traces";

/**
 * Where the traces of an experiment are kept that is linked to no location. On Databricks no SQL reaches those; here they
 * are tables like the others.
 *
 * @throws {TracelakeError} `CONFIG_OPTION_INVALID` where the id is not a number.
 */
export const experimentLocation = (experimentId: string): UnityCatalogLocation => {
  if (!/^\d{1,18}$/.test(experimentId)) {
    throw new TracelakeError(ErrorCode.CONFIG_OPTION_INVALID, {
      failed: "Invalid experiment id",
      seen: quoteForMessage(experimentId),
      remedy: "Give the number of an experiment.",
    });
  }
  return { kind: "prefix", catalog, schema, tablePrefix: experimentId };
};

/** The experiment that keeps its traces in this location, where it is one of {@link experimentLocation}. */
export const experimentOfLocation = (location: UnityCatalogLocation): string | undefined =>
  location.kind === "prefix" && location.catalog === catalog && location.schema === schema
    ? location.tablePrefix
    : undefined;

/** Whether a trace's times and state are those of its info: in Unity Catalog they are those of its root span. */
export const keepsTimesInInfo = (location: UnityCatalogLocation): boolean =>
  experimentOfLocation(location) !== undefined;

/** The id of a trace, and where it is, as the API of its location has them. */
export const identityOf = (otelTraceId: string, location: UnityCatalogLocation) => {
  const experimentId = experimentOfLocation(location);
  return experimentId === undefined
    ? { trace_id: otelTraceId, trace_location: toTraceLocation(location) }
    : { trace_id: formatTraceId(otelTraceId), trace_location: toExperimentLocation(experimentId) };
};
