import { findRunningServer } from "@tracelake/workspace-client";
import { waitWhileBusy } from "../workspace/wait-while-busy.ts";
import { directorySource } from "./directory-source.ts";
import { journalDrained } from "./journal-drained.ts";
import { serverSource } from "./server-source.ts";
import type { SqlSource } from "./sql-source.ts";
import { assertWorkspace } from "./workspace-directory.ts";

/**
 * Whatever answers SQL for a directory: the server that has it open, or else the files.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_*`
 */
export const openSqlSource = (directory: string): Promise<SqlSource> =>
  waitWhileBusy(async () => {
    const server = await findRunningServer(directory);
    if (server !== undefined) {
      await journalDrained(directory);
      return serverSource(server);
    }
    assertWorkspace(directory);
    return directorySource(directory);
  });
