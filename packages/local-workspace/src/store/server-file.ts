import { ErrorCode, readServerFile, TracelakeError, writeServerFile, type RunningServer } from "@tracelake/wire";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { isMissing, type WorkspaceLayout } from "./layout.ts";
import { isProcessAlive } from "./process-alive.ts";

/** The server of a workspace as its file tells, where the process is still there. */
const findServer = async (layout: WorkspaceLayout): Promise<RunningServer | undefined> => {
  try {
    const server = readServerFile(await readFile(layout.serverFile, "utf8"));
    return server !== undefined && isProcessAlive(server.pid) ? server : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** Lets other processes of the same user find the server. */
export const leaveServerFile = async (layout: WorkspaceLayout, server: RunningServer): Promise<void> => {
  const draft = `${layout.serverFile}.${process.pid}`;
  await rm(draft, { force: true });
  await writeFile(draft, writeServerFile(server), { mode: 0o600 });
  await rename(draft, layout.serverFile);
};

export const removeServerFile = (layout: WorkspaceLayout): Promise<void> => rm(layout.serverFile, { force: true });

/** The error of a workspace whose files another process has open. */
export const busy = async (layout: WorkspaceLayout, cause?: unknown): Promise<TracelakeError> => {
  const server = await findServer(layout).catch(() => undefined);
  return new TracelakeError(ErrorCode.LOCAL_WORKSPACE_BUSY, {
    failed: "The local workspace is in use",
    seen:
      server === undefined
        ? `${cause === undefined ? "this" : "another"} process has ${layout.root} open`
        : `the server at ${server.url} (process ${server.pid}) has ${layout.root} open`,
    remedy: server === undefined ? "Wait until it is closed there." : "Ask that server, or stop it.",
    cause,
  });
};
