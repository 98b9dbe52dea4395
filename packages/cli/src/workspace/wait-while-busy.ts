import { setTimeout as sleep } from "node:timers/promises";
import { ErrorCode, TracelakeError } from "@tracelake/wire";

const retryMillis = 100;
const longestWaitMillis = 15_000;

/**
 * Opens a local workspace, again and again while it is busy: another command has its files for a moment only.
 *
 * @throws {TracelakeError} `LOCAL_WORKSPACE_BUSY` where it stays so, and whatever else `open` throws.
 */
export const waitWhileBusy = async <T>(open: () => Promise<T>): Promise<T> => {
  const giveUpAtMillis = Date.now() + longestWaitMillis;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isBusy = TracelakeError.isInstance(error) && error.code === ErrorCode.LOCAL_WORKSPACE_BUSY;
      if (!isBusy || Date.now() > giveUpAtMillis) throw error;
      await sleep(retryMillis);
    }
  }
};
