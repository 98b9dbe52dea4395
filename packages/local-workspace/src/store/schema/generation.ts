import type { UnityCatalogLocation } from "@tracelake/wire";

/**
 * The two layouts of Databricks' telemetry tables, as their table property `otel.schemaVersion` names them: `v1` holds
 * attributes as `MAP<STRING,STRING>`, `v2` as `VARIANT`.
 */
export const Generation = { V1: "v1", V2: "v2" } as const;
export type Generation = (typeof Generation)[keyof typeof Generation];

/** The layout of the tables that a location gets when it is first used. */
export const generationOf = (location: UnityCatalogLocation): Generation =>
  location.kind === "schema" ? Generation.V1 : Generation.V2;
