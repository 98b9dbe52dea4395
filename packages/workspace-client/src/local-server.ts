import {
  defaultWorkspaceDirectory,
  ErrorCode,
  quoteForMessage,
  readServerFile,
  serverFileName,
  TracelakeError,
  type RunningServer,
} from "@tracelake/wire";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { localWarehouseId, type Connection } from "./connection.ts";

const healthTimeoutMillis = 2000;

const answers = async ({ url, pid }: RunningServer): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(healthTimeoutMillis) });
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null && "pid" in body && body.pid === pid;
  } catch {
    return false;
  }
};

/** The server that has a local workspace open, or `undefined` where none answers. */
export const findRunningServer = async (
  directory: string = defaultWorkspaceDirectory,
): Promise<RunningServer | undefined> => {
  const text = await readFile(join(directory, serverFileName), "utf8").catch(() => "");
  const server = readServerFile(text);
  return server !== undefined && (await answers(server)) ? server : undefined;
};

/** The connection to a local workspace that is served. */
export const connectRunningServer = (
  { url, token }: Pick<RunningServer, "url" | "token">,
  sqlWarehouseId: string = localWarehouseId,
): Connection => ({
  baseUrl: url.replace(/\/+$/, ""),
  authorization: () => (token === undefined ? undefined : `Bearer ${token}`),
  credentialSource: "the token of the local workspace",
  sqlWarehouseId,
  service: "local",
});

/** Which local workspace is meant. */
export interface LocalWorkspaceReference {
  /** Default `TRACELAKE_DIRECTORY`, or `.tracelake` in the working directory. */
  readonly directory?: string;
}

/**
 * The connection to the local workspace of this directory, which a running `tracelake dev` serves.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_FAILED` where nobody serves it.
 */
export const connectLocalWorkspace = async (
  { directory }: LocalWorkspaceReference = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Connection> => {
  const root = resolve(directory ?? (environment["TRACELAKE_DIRECTORY"] || defaultWorkspaceDirectory));
  const server = await findRunningServer(root);
  if (server !== undefined) return connectRunningServer(server);
  throw new TracelakeError(ErrorCode.LOCAL_WORKSPACE_FAILED, {
    failed: "The local workspace cannot be asked",
    seen: `no server has ${quoteForMessage(root)} open`,
    remedy:
      "Run `npx tracelake dev` in the directory above it and leave it running, or name another workspace with DATABRICKS_HOST or TRACELAKE_DIRECTORY.",
  });
};
