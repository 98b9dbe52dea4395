import { setTimeout as sleep } from "node:timers/promises";
import { findRunningServer } from "@tracelake/workspace-client";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { directorySource } from "./directory-source.ts";
import { journalDrained } from "./journal-drained.ts";
import { serverSource } from "./server-source.ts";
import type { SqlSource } from "./sql-source.ts";
import { assertWorkspace } from "./workspace-directory.ts";

const busyRetryMillis = 100;
const longestBusyMillis = 15_000;

/**
 * Whatever answers SQL for a directory: the server that has it open, or else the files. Where another command has the
 * files for a moment, it is waited for.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_*`
 */
export const openSource = async (directory: string): Promise<SqlSource> => {
  const giveUpAtMillis = Date.now() + longestBusyMillis;
  for (;;) {
    const server = await findRunningServer(directory);
    if (server !== undefined) {
      await journalDrained(directory);
      return serverSource(server);
    }
    assertWorkspace(directory);
    try {
      return await directorySource(directory);
    } catch (error) {
      const isBusy = TracelakeError.isInstance(error) && error.code === ErrorCode.LOCAL_WORKSPACE_BUSY;
      if (!isBusy || Date.now() > giveUpAtMillis) throw error;
      await sleep(busyRetryMillis);
    }
  }
};
