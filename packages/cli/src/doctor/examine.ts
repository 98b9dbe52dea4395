import {
  getExperiment,
  getIdentity,
  getWarehouse,
  linkedLocationOf,
  startWarehouse,
  statementExecution,
  type Connection,
  type Identity,
  type SqlClient,
} from "@tracelake/workspace-client";
import { formatLocation, isSameLocation, type Experiment, type UnityCatalogLocation } from "@tracelake/wire";
import type { Workspace, WorkspaceOptions } from "../workspace/open-workspace.ts";
import { experimentOf, workspaceLocation } from "../workspace/workspace-location.ts";
import { flyCanary } from "./canary.ts";
import { failed, passed, skipped, type Check } from "./check.ts";
import { errorCheck } from "./error-check.ts";
import { checkGrants } from "./grants.ts";
import { checkRoots } from "./roots.ts";
import { checkTables } from "./tables.ts";

export interface ExamineOptions extends WorkspaceOptions {
  readonly location?: UnityCatalogLocation;
  readonly experiment?: string;
  /** `false` where nothing may be written. */
  readonly canary?: boolean;
}

interface Patient {
  readonly workspace: Workspace;
  readonly options: ExamineOptions;
  readonly environment: NodeJS.ProcessEnv;
}

const checkHost = ({ workspace: { connection, directory } }: Patient): Check =>
  passed("host", directory === undefined ? connection.baseUrl : `the local workspace in ${directory}`);

const checkCredentials = async (
  connection: Connection,
): Promise<{ readonly check: Check; readonly identity: Identity | undefined }> => {
  const identity = await getIdentity(connection);
  const who = identity === undefined ? "" : ` (${identity.name})`;
  return { check: passed("credentials", `${connection.credentialSource}${who}`), identity };
};

const checkExperiment = async ({
  workspace: { connection },
  options,
  environment,
}: Patient): Promise<{ readonly check: Check; readonly experiment: Experiment | undefined }> => {
  const reference = experimentOf(options, environment);
  if (reference === undefined) {
    return { check: passed("experiment", "none is set; traces go to the location itself"), experiment: undefined };
  }
  const experiment = await getExperiment(connection, reference);
  const { experiment_id: id, name, lifecycle_stage: stage } = experiment;
  const check =
    stage === "deleted"
      ? failed(
          "experiment",
          `${name} (${id}) is deleted`,
          "Restore it in the workspace, or set MLFLOW_EXPERIMENT_ID to another",
        )
      : passed("experiment", `${name} (${id})`);
  return { check, experiment };
};

const checkLocation = async (
  { workspace: { connection }, options, environment }: Patient,
  experiment: Experiment | undefined,
): Promise<{ readonly check: Check; readonly location: UnityCatalogLocation }> => {
  const location = await workspaceLocation(connection, options, environment);
  const text = formatLocation(location);
  const linked = experiment === undefined ? undefined : linkedLocationOf(experiment);
  if (experiment === undefined) return { check: passed("location", text), location };
  const { name, experiment_id: id } = experiment;
  if (linked === undefined) {
    const remedy = `tracelake link ${text} --experiment ${id}, before the experiment holds traces`;
    return {
      check: failed("location", `${name} is linked with no location; it will not show traces of ${text}`, remedy),
      location,
    };
  }
  if (isSameLocation(linked, location)) {
    return { check: passed("location", `${text}, linked with ${name}`), location };
  }
  const remedy = `Set MLFLOW_TRACING_DESTINATION=${formatLocation(linked)}, or unset it: the experiment's own location is then used`;
  return {
    check: failed("location", `traces go to ${text}, but ${name} reads ${formatLocation(linked)}`, remedy),
    location,
  };
};

const checkWarehouse = async (connection: Connection): Promise<Check> => {
  const { name = "", state: before = "RUNNING" } = await getWarehouse(connection);
  const id = await startWarehouse(connection);
  const was = before === "RUNNING" ? "runs" : `was ${before.toLowerCase()} and now runs`;
  return passed("warehouse", `${name === "" ? id : `${name} (${id})`} ${was}`);
};

const checkCanary = async (
  { workspace: { connection } }: Patient,
  location: UnityCatalogLocation,
  sql: SqlClient | undefined,
): Promise<Check> => {
  const removeBy = connection.service === "local" ? sql : undefined;
  const { traceId, elapsedMillis } = await flyCanary({ connection, location, removeBy });
  const what = removeBy === undefined ? traceId : "a span";
  return passed("canary", `${what} was written and read back within ${(elapsedMillis / 1000).toFixed(1)} s`);
};

/** Runs one look; what it throws becomes a failed check. */
const look = async <T>(
  name: string,
  report: (check: Check) => void,
  work: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    report(errorCheck(name, error));
    return undefined;
  }
};

const names = {
  tables: "tables",
  grants: "grants",
  warehouse: "warehouse",
  canary: "canary",
  roots: "root spans",
} as const;

const sqlOf = ({ workspace: { connection } }: Patient): SqlClient | undefined =>
  connection.sqlWarehouseId === undefined
    ? undefined
    : statementExecution(connection, { sqlWarehouseId: connection.sqlWarehouseId });

const examineLocation = async (
  patient: Patient,
  { location, identity }: { readonly location: UnityCatalogLocation; readonly identity: Identity | undefined },
  report: (check: Check) => void,
): Promise<void> => {
  const { connection, directory } = patient.workspace;
  const sql = sqlOf(patient);
  const isLocal = directory !== undefined;
  const tables = await look(names.tables, report, () => checkTables(connection, location, { sql, isLocal }));
  if (tables !== undefined) report(tables);
  const grants = await look(names.grants, report, () => checkGrants(connection, location, { identity, isLocal }));
  for (const check of grants ?? []) report(check);
  const warehouse = await look(names.warehouse, report, () => checkWarehouse(connection));
  if (warehouse !== undefined) report(warehouse);
  if (patient.options.canary === false) {
    report(skipped(names.canary, "--no-canary"));
  } else if (tables?.status === "failed") {
    report(skipped(names.canary, "needs the tables"));
  } else {
    const canary = await look(names.canary, report, () => checkCanary(patient, location, sql));
    if (canary !== undefined) report(canary);
  }
  if (sql === undefined || warehouse === undefined || tables?.status !== "ok") {
    report(skipped(names.roots, "needs the tables and a warehouse"));
    return;
  }
  const roots = await look(names.roots, report, () => checkRoots(sql, location));
  if (roots !== undefined) report(roots);
};

/**
 * Walks the way that a trace takes and looks at each step: host, credentials, experiment, location, tables and their
 * generation, each grant, the warehouse, and a span that is written and read back.
 *
 * @param report told every look as it is done.
 */
export const examine = async (patient: Patient, report: (check: Check) => void): Promise<void> => {
  report(checkHost(patient));
  const credentials = await look("credentials", report, () => checkCredentials(patient.workspace.connection));
  if (credentials === undefined) {
    for (const name of ["experiment", "location", ...Object.values(names)]) report(skipped(name, "needs credentials"));
    return;
  }
  report(credentials.check);
  const found = await look("experiment", report, () => checkExperiment(patient));
  if (found !== undefined) report(found.check);
  const place = await look("location", report, () => checkLocation(patient, found?.experiment));
  if (place === undefined) {
    for (const name of Object.values(names)) report(skipped(name, "needs a location"));
    return;
  }
  report(place.check);
  await examineLocation(patient, { location: place.location, identity: credentials.identity }, report);
};
