import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const sealedEnd = ".seg";
const lookMillis = 50;
const longestWaitMillis = 3000;
// A server removes what it has read twice a second: an older file is none that it can read.
const longestUnreadMillis = 10_000;

const sealedSegments = async (journal: string): Promise<string[]> => {
  const names = await readdir(journal, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith(sealedEnd)).map((name) => join(journal, name));
};

const isRecent = async (file: string): Promise<boolean> => {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < longestUnreadMillis;
};

/**
 * Waits, for a moment at most, until the server has read what agents that have ended left in the journal: whoever asks
 * right after an agent wants to see its traces.
 */
export const journalDrained = async (directory: string): Promise<void> => {
  const giveUpAtMillis = Date.now() + longestWaitMillis;
  const journal = join(directory, "journal");
  while (Date.now() < giveUpAtMillis) {
    const recent = await Promise.all((await sealedSegments(journal)).map(isRecent));
    if (!recent.includes(true)) return;
    await sleep(lookMillis);
  }
};
