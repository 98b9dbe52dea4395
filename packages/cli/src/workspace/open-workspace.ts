import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import {
  connectMlflowServer,
  connectRunningServer,
  connectWorkspace,
  environmentDestination,
  findRunningServer,
  type Connection,
  type EnvironmentDestination,
} from "@tracelake/workspace-client";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { journalDrained } from "../data/journal-drained.ts";
import { workspaceDirectory } from "../data/workspace-directory.ts";
import type { Terminal } from "../terminal.ts";
import { waitWhileBusy } from "./wait-while-busy.ts";

/** Options of every command that asks a workspace. */
export interface WorkspaceOptions {
  readonly directory?: string;
  readonly profile?: string;
  readonly warehouse?: string;
}

/** What answers: a Databricks workspace, an MLflow server, or a local workspace that is served as long as the command runs. */
export interface Workspace {
  readonly connection: Connection;
  /** The directory of a local workspace. */
  readonly directory: string | undefined;
  readonly close: () => Promise<void>;
}

/** How a workspace is opened. */
export interface OpeningOptions {
  /** Whether an MLflow server can answer too; `false` by default, as it has neither tables nor SQL. */
  readonly mayBeMlflow?: boolean;
  /**
   * For a local workspace that nobody serves: whether other commands may ask the server of this one, as where it runs for
   * hours; `false` by default, as they would be left without an answer when it ends.
   */
  readonly isShared?: boolean;
}

/**
 * A local workspace: the server that has it open, or else one for as long as the command runs.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_*`
 */
const openLocal = async (directory: string, { isShared = false }: OpeningOptions): Promise<Workspace> => {
  const opened = await waitWhileBusy(async () => {
    const running = await findRunningServer(directory);
    if (running !== undefined) return { ...running, close: async () => {} };
    return startLocalWorkspaceServer({ directory, port: 0, leaveServerFile: isShared });
  });
  await journalDrained(directory);
  return { connection: connectRunningServer(opened), directory, close: () => opened.close() };
};

/**
 * Where the environment sends traces, as the exporter reads it; `undefined` where it names a Databricks workspace but no
 * place in it.
 *
 * @throws {TracelakeError} `CONFIG_DESTINATION_INVALID`
 */
export const destinationOf = (
  { directory }: WorkspaceOptions,
  environment: NodeJS.ProcessEnv,
): EnvironmentDestination | undefined => {
  if (directory !== undefined) return { type: "local" };
  try {
    return environmentDestination(environment);
  } catch (error) {
    if (TracelakeError.isInstance(error) && error.code === ErrorCode.CONFIG_DESTINATION_MISSING) return undefined;
    throw error;
  }
};

/** The MLflow server that the environment names. @throws {TracelakeError} `COMMAND_USAGE` where it cannot answer. */
const openMlflowServer = (trackingUri: string, environment: NodeJS.ProcessEnv, opening: OpeningOptions): Workspace => {
  const connection = connectMlflowServer(trackingUri, environment);
  if (opening.mayBeMlflow === true) return { connection, directory: undefined, close: async () => {} };
  throw new TracelakeError(ErrorCode.COMMAND_USAGE, {
    failed: "This command asks Databricks and local workspaces only",
    seen: `MLFLOW_TRACKING_URI is ${connection.baseUrl}`,
    remedy: "Look at the traces in MLflow's UI there, or give --profile or --directory.",
  });
};

/**
 * Opens the workspace that the settings name by the exporter's own rule, so that a command looks where agents write.
 *
 * @throws {TracelakeError} `CONFIG_*`, `LOCAL_WORKSPACE_*`, `COMMAND_USAGE` for an MLflow server that cannot answer
 */
export const openWorkspace = async (
  terminal: Terminal,
  options: WorkspaceOptions,
  opening: OpeningOptions = {},
): Promise<Workspace> => {
  const { directory, profile, warehouse } = options;
  const destination = profile === undefined ? destinationOf(options, terminal.env) : undefined;
  if (destination?.type === "local") return openLocal(workspaceDirectory(directory, terminal.env), opening);
  if (destination?.type === "mlflow") return openMlflowServer(destination.trackingUri, terminal.env, opening);
  const connection = connectWorkspace(
    {
      ...(profile === undefined ? {} : { profile }),
      ...(warehouse === undefined ? {} : { sqlWarehouseId: warehouse }),
    },
    terminal.env,
  );
  return { connection, directory: undefined, close: async () => {} };
};
