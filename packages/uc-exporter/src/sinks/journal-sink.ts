import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatLocation, type UnityCatalogLocation } from "@tracelake/wire";
import { encodeCatalogTraceInfo } from "../convert/catalog-trace-info.ts";
import { randomHex } from "../spool/digits.ts";
import type { LocalSink } from "./sink.ts";

/** Takes everything to the journal of a local workspace, from where that workspace takes it to its tables. */
export const createJournalSink = (directory: string, location: UnityCatalogLocation): LocalSink => ({
  type: "local",
  name: resolve(directory),
  location,
  journalDirectory: join(resolve(directory, "journal"), formatLocation(location)),
  accepts: () => true,
  encodeTraceInfo: (trace) => encodeCatalogTraceInfo(trace, location),
});

// Prompts and answers are in there. A directory that was there may hold more than a workspace.
const keepOutOfGit = (root: string): void => {
  if (mkdirSync(root, { recursive: true, mode: 0o700 }) === undefined) return;
  try {
    writeFileSync(join(root, ".gitignore"), "*\n", { flag: "wx", mode: 0o600 });
  } catch {
    // One that git sees is no reason to record nothing.
  }
};

/** A directory in the sink's journal that only this process, or worker thread, writes to. */
export const makeWriterDirectory = ({ name, journalDirectory }: LocalSink): string => {
  keepOutOfGit(name);
  const writer = `p-${process.pid}-${Math.round(performance.timeOrigin)}-${randomHex(4)}`;
  const directory = join(journalDirectory, writer);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
};
