import {
  ErrorCode,
  formatLocation,
  quoteForMessage,
  TracelakeError,
  type UnityCatalogLocation,
  quoteName,
} from "@tracelake/wire";

interface Known {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly failed: (names: Names) => string;
  readonly remedy: (names: Names) => string;
}

interface Names {
  readonly place: string;
  readonly catalog: string;
  readonly schema: string;
  readonly experiment: string;
  readonly isPrefix: boolean;
}

const docs = "https://docs.databricks.com/aws/en/mlflow3/genai/tracing/trace-unity-catalog";

// What a workspace says when a location cannot be made or linked. Several of these answers are known from reports of
// others only, so that they are recognised by words rather than by whole sentences.
const knownAnswers: readonly Known[] = [
  {
    pattern: /could not resolve a sql warehouse/i,
    code: ErrorCode.CONFIG_WAREHOUSE_MISSING,
    failed: ({ place }) => `The trace location ${place} needs a SQL warehouse`,
    remedy: () => "Set MLFLOW_TRACING_SQL_WAREHOUSE_ID to the id of a warehouse that you have CAN USE on.",
  },
  {
    pattern: /already contains traces|already has traces/i,
    code: ErrorCode.TRACE_LOCATION_CONFLICT,
    failed: ({ experiment, place }) => `The experiment ${experiment} cannot be linked with ${place} any more`,
    remedy: () =>
      "An experiment is linked before its first trace: use a new experiment, and bring the old traces over with Databricks' migration utility if they are needed.",
  },
  {
    pattern: /incompatible schema version|schema ?version|table compatibility/i,
    code: ErrorCode.TRACE_LOCATION_CONFLICT,
    failed: ({ place }) => `The tables of ${place} are of another generation`,
    remedy: ({ isPrefix, place, schema, catalog }) =>
      isPrefix
        ? `Choose another prefix than that of ${place}: tables that were made by hand, or for the schema form, are not taken over.`
        : `Choose a schema whose mlflow_experiment_trace_otel_* tables nobody made by hand, or the newer form ${catalog}.${schema}.<prefix>.`,
  },
  {
    pattern: /already linked|different trace location/i,
    code: ErrorCode.TRACE_LOCATION_CONFLICT,
    failed: ({ experiment, place }) => `The experiment ${experiment} is linked with another location than ${place}`,
    remedy: () =>
      "Use a new experiment. Only the schema form (catalog.schema) can be unlinked: tracelake unlink --experiment <id>.",
  },
  {
    pattern: /\bregion\b/i,
    code: ErrorCode.WORKSPACE_REJECTED,
    failed: ({ place }) => `Traces cannot be kept in ${place}: the workspace's region has no traces in Unity Catalog`,
    remedy: () =>
      "Use a workspace in a region of https://docs.databricks.com/aws/en/resources/feature-region-support, or keep traces in the experiment.",
  },
  {
    pattern: /preview|not enabled|feature.?disabled|is disabled/i,
    code: ErrorCode.WORKSPACE_REJECTED,
    failed: ({ place }) => `Traces cannot be kept in ${place} yet: a preview is not enabled in the workspace`,
    remedy: () =>
      `Have a workspace admin enable "OpenTelemetry on Databricks" and "Variant Shredding for Optimized Read Performance on Semi-Structured Data" under Previews; see ${docs}.`,
  },
  {
    pattern: /default storage|private.?link/i,
    code: ErrorCode.WORKSPACE_REJECTED,
    failed: ({ place }) => `Traces cannot be kept in ${place}: its storage is not supported`,
    remedy: () => `Use a catalog with a storage location of its own, without Private Link; see ${docs}#limitations.`,
  },
  {
    pattern:
      /(catalog|schema)[^.]*(does not exist|not found)|NO_SUCH_(CATALOG|SCHEMA)|(CATALOG|SCHEMA)_(DOES_NOT_EXIST|NOT_FOUND)/i,
    code: ErrorCode.WORKSPACE_NOT_FOUND,
    failed: ({ catalog, schema }) => `There is no schema ${catalog}.${schema} in the workspace`,
    remedy: ({ catalog, schema }) =>
      `Catalog and schema must be there beforehand: CREATE SCHEMA ${quoteName(catalog)}.${quoteName(schema)}, with USE CATALOG and CREATE SCHEMA on the catalog.`,
  },
];

const forbidden = ({ catalog, schema }: Names): string =>
  `Give the owner of the credentials USE CATALOG on ${catalog}, and USE SCHEMA and CREATE TABLE on ${catalog}.${schema}; for linking also CAN EDIT on the experiment.`;

/** The error of a location that could not be made, linked or unlinked, in words that say what to do. */
export const locationError = (
  error: unknown,
  { location, experimentId }: { readonly location: UnityCatalogLocation; readonly experimentId: string },
): unknown => {
  if (!TracelakeError.isInstance(error) || error.answer === undefined) return error;
  const { errorCode = "", message } = error.answer;
  const names: Names = {
    place: formatLocation(location),
    catalog: location.catalog,
    schema: location.schema,
    experiment: experimentId,
    isPrefix: location.kind === "prefix",
  };
  const known = knownAnswers.find(({ pattern }) => pattern.test(`${errorCode} ${message}`));
  const parts = {
    seen: [error.httpStatus, errorCode, quoteForMessage(message)].filter(Boolean).join(" "),
    answer: error.answer,
    ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
  };
  if (known !== undefined) {
    return new TracelakeError(known.code, { ...parts, failed: known.failed(names), remedy: known.remedy(names) });
  }
  if (error.code !== ErrorCode.WORKSPACE_FORBIDDEN) return error;
  return new TracelakeError(error.code, {
    ...parts,
    failed: `The trace location ${names.place} may not be made or linked`,
    remedy: forbidden(names),
  });
};
