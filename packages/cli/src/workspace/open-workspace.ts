import { startLocalWorkspaceServer } from "@tracelake/local-workspace";
import {
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

/** A workspace that answers: a Databricks one, or a local one that is served as long as the command runs. */
export interface Workspace {
  readonly connection: Connection;
  /** The directory of a local workspace. */
  readonly directory: string | undefined;
  readonly close: () => Promise<void>;
}

/** How a local workspace that nobody serves is opened. */
export interface OpeningOptions {
  /**
   * Whether other commands may ask the server of this one, as where it runs for hours; `false` by default, as they
   * would be left without an answer when it ends.
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

/** Whether the settings mean the local workspace: the exporter's own rule, so that a command looks where agents write. */
const isLocal = (options: WorkspaceOptions, environment: NodeJS.ProcessEnv): boolean =>
  options.profile === undefined && destinationOf(options, environment)?.type === "local";

/**
 * Opens the workspace that the settings name.
 *
 * @throws {TracelakeError} `CONFIG_*`, `LOCAL_WORKSPACE_*`
 */
export const openWorkspace = async (
  terminal: Terminal,
  options: WorkspaceOptions,
  opening: OpeningOptions = {},
): Promise<Workspace> => {
  if (isLocal(options, terminal.env)) return openLocal(workspaceDirectory(options.directory, terminal.env), opening);
  const { profile, warehouse } = options;
  const connection = connectWorkspace(
    {
      ...(profile === undefined ? {} : { profile }),
      ...(warehouse === undefined ? {} : { sqlWarehouseId: warehouse }),
    },
    terminal.env,
  );
  return { connection, directory: undefined, close: async () => {} };
};
