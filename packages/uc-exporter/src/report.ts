import { Console } from "node:console";

// A plain write to a closed pipe fails later, as an event that would end the process; a console's does not.
const stderr = new Console({ stdout: process.stderr, stderr: process.stderr, ignoreErrors: true });

const quietMillis = 60_000;
const lastReports = new Map<string, number>();

/**
 * One line on stderr, prefixed with the product's name. Lines of one `topic` are at least a minute apart: a failing
 * destination must not fill somebody's log.
 */
export const report = (topic: string, line: string): void => {
  const now = performance.now();
  const last = lastReports.get(topic);
  if (last !== undefined && now - last < quietMillis) return;
  lastReports.set(topic, now);
  try {
    stderr.error("%s", `[tracelake] ${line.replaceAll("\n", " ")}`);
  } catch {
    // A closed stderr is no reason to fail.
  }
};
