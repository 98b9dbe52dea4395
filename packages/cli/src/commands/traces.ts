import { Command } from "commander";
import type { UnityCatalogLocation } from "@tracelake/wire";
import { findTraceTables } from "../data/locations.ts";
import type { SqlSource } from "../data/sql-source.ts";
import { newestSummaries } from "../data/summaries.ts";
import type { TraceSummary } from "../data/trace.ts";
import { workspaceDirectory } from "../data/workspace-directory.ts";
import { countOf, noteCount, noteNoTraces } from "../output/messages.ts";
import { renderJsonArray } from "../output/query-output.ts";
import { renderTraceList } from "../output/trace-list.ts";
import { summaryJson } from "../output/trace-json.ts";
import type { Terminal } from "../terminal.ts";
import {
  directoryOption,
  locationOption,
  wholeNumber,
  type WorkspaceCommandOptions,
} from "../options/shared-options.ts";
import { searchCommand } from "./search.ts";
import { withSqlSource } from "../data/with-sql-source.ts";

interface TracesOptions extends WorkspaceCommandOptions {
  readonly limit: number;
  readonly errors?: boolean;
  readonly json?: boolean;
  readonly location?: UnityCatalogLocation;
}

const usualLimit = 20;
const mostTraces = 1000;

const examples = `
Examples:
  $ tracelake traces
  $ tracelake traces --errors --limit 5
  $ tracelake traces --location main.agents --json`;

/** `tracelake traces`: the newest traces, one a line. */
export const tracesCommand = (terminal: Terminal): Command =>
  new Command("traces")
    .description("List traces, the newest first")
    .option("-n, --limit <number>", "how many", wholeNumber(1, mostTraces), usualLimit)
    .option("--errors", "only traces in which a span failed")
    .option("--json", "print one JSON array of objects")
    .addOption(locationOption())
    .addOption(directoryOption())
    .addHelpText("after", examples)
    // Options behind `search` are those of `search`, also where both have them.
    .enablePositionalOptions()
    .addCommand(searchCommand(terminal))
    .action(async (options: TracesOptions) => {
      const startMillis = performance.now();
      const traces = await withSqlSource(terminal, options, (source) => newestTraces(source, options));
      if (options.json === true) terminal.print(renderJsonArray(traces.map(summaryJson)));
      else if (traces.length > 0) terminal.print(renderTraceList(traces, terminal));
      if (traces.length === 0 && options.errors !== true) {
        noteNoTraces(terminal, workspaceDirectory(options.directory, terminal.env));
      }
      noteCount(terminal, countOf(traces.length, "trace"), startMillis);
    });

const newestTraces = async (source: SqlSource, options: TracesOptions): Promise<TraceSummary[]> => {
  const { limit, errors: failedOnly = false, location } = options;
  const places = await findTraceTables(source, location);
  const found: TraceSummary[] = [];
  for (const tables of places) found.push(...(await newestSummaries(source, tables, { limit, failedOnly })));
  return found.sort(newestFirst).slice(0, limit);
};

const newestFirst = (a: TraceSummary, b: TraceSummary): number =>
  a.startTimeUnixNano === b.startTimeUnixNano ? 0 : a.startTimeUnixNano < b.startTimeUnixNano ? 1 : -1;
