import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLocalWorkspaceServer, type LocalWorkspaceServer } from "@tracelake/local-workspace";
import {
  connectWorkspace,
  grantTraceAccess,
  searchTraces,
  setExperiment,
  type Connection,
  type Trace,
} from "@tracelake/workspace-client";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** A local workspace in which an experiment is linked with a location, as somebody would have set it up. */
export interface LinkedWorkspace {
  readonly server: LocalWorkspaceServer;
  readonly connection: Connection;
  readonly experimentId: string;
  /** The variables with which a platform hands out a workspace and a service principal. */
  readonly environment: Readonly<Record<string, string>>;
  readonly traces: () => Promise<Trace[]>;
}

/** Runs `use` with a local workspace that is gone afterwards. */
export const withLinkedWorkspace = async (
  names: { readonly experiment: string; readonly location: string },
  use: (workspace: LinkedWorkspace) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "tracelake-example-"));
  const server = await startLocalWorkspaceServer({ directory, port: 0 });
  try {
    const connection = connectWorkspace({ host: server.url, token: server.token ?? "", sqlWarehouseId: "local" }, {});
    const { experiment_id: experimentId } = await setExperiment(connection, {
      name: names.experiment,
      traceLocation: names.location,
    });
    const { clientId, clientSecret } = server.servicePrincipal;
    await grantTraceAccess(connection, { location: names.location, principal: clientId });
    const environment = {
      DATABRICKS_HOST: server.url,
      DATABRICKS_CLIENT_ID: clientId,
      DATABRICKS_CLIENT_SECRET: clientSecret,
    };
    const traces = async (): Promise<Trace[]> => {
      const found: Trace[] = [];
      for await (const trace of searchTraces(connection, { locations: [names.location] })) found.push(trace);
      return found;
    };
    await use({ server, connection, experimentId, environment, traces });
  } finally {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  }
};

/** Starts an example's script with these variables and none of the shell's own settings. */
export const startExample = (script: string, environment: Readonly<Record<string, string>>) =>
  spawn(process.execPath, ["--import", "tsx", join(repository, "examples", script)], {
    cwd: repository,
    env: { PATH: process.env["PATH"], HOME: tmpdir(), ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
