import { tell } from "@tracelake/tracing";

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
  tell(line);
};
