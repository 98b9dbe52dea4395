import { mkdirSync } from "node:fs";
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

/** A directory below `journalDirectory` that only this process, or worker thread, writes to. */
export const makeWriterDirectory = (journalDirectory: string): string => {
  const writer = `p-${process.pid}-${Math.round(performance.timeOrigin)}-${randomHex(4)}`;
  const directory = join(journalDirectory, writer);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
};
