import { readFileSync, readlinkSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { hashText, randomHex } from "./digits.ts";

/** Who writes a directory of the spool; its name says so, and no file has to be trusted for it. */
interface Owner {
  readonly host: string;
  /** Process ids are numbers of a namespace: two containers have a process 1 each. */
  readonly processNamespace: string;
  readonly processId: number;
  /** Tells a process from a later one with the same id; `0` where the system does not say. */
  readonly startTime: string;
}

/** How long a directory of another host or container may be untouched before its owner counts as gone. */
const staleMillis = 2 * 60_000;

const attempt = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

// The command's name is in parentheses and may hold anything; the fields behind it are numbers.
const startTimeOf = (processId: number | "self"): string | undefined =>
  attempt(
    () => readFileSync(`/proc/${processId}/stat`, "latin1").replace(/^.*\)/s, "").trim().split(" ")[19],
    undefined,
  );

const self = (): Owner => ({
  host: hashText(hostname()).slice(0, 12),
  processNamespace: attempt(() => /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0], undefined) ?? "0",
  processId: process.pid,
  startTime: startTimeOf("self") ?? "0",
});

/** A new directory's name: who this process is, and something that makes it unique. */
export const newOwnedName = (): string => {
  const { host, processNamespace, processId, startTime } = self();
  return `p-${host}-${processNamespace}-${processId}-${startTime}-${randomHex(6)}`;
};

const namePattern = /^p-([0-9a-f]{12})-(\d+)-(\d+)-(\d+)-[0-9a-f]{12}$/;

const parse = (name: string): Owner | undefined => {
  const [, host, processNamespace, processId, startTime] = namePattern.exec(name) ?? [];
  if (host === undefined || processNamespace === undefined || startTime === undefined) return undefined;
  return { host, processNamespace, processId: Number(processId), startTime };
};

const exists = (processId: number): boolean => attempt(() => process.kill(processId, 0), false);

const isFresh = (directory: string): boolean =>
  attempt(() => Date.now() - statSync(directory).mtimeMs < staleMillis, true);

/** Whether a directory was left behind: its name is one of ours, and whoever wrote it is gone. */
export const isOrphaned = (directory: string, name: string): boolean => {
  const owner = parse(name);
  if (owner === undefined) return false;
  const me = self();
  const isHere = owner.host === me.host && owner.processNamespace === me.processNamespace;
  if (!isHere) return !isFresh(directory);
  if (owner.processId === me.processId && owner.startTime === me.startTime) return false;
  const startTime = startTimeOf(owner.processId);
  if (startTime !== undefined) return startTime !== owner.startTime;
  if (me.startTime !== "0") return true;
  return !exists(owner.processId) || !isFresh(directory);
};
