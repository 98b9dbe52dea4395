import { Command, Option } from "commander";
import { runMonitor, sqlLeases, type MonitorCounts, type MonitorOptions } from "@tracelake/monitor";
import { formatLocation, stringifyJson, type UnityCatalogLocation } from "@tracelake/wire";
import { loadScorers } from "../scorers/scorer-module.ts";
import { noteAll, noteCount } from "../output/messages.ts";
import { monitorLine } from "../output/monitor-lines.ts";
import { withLine } from "../output/progress.ts";
import type { Terminal } from "../terminal.ts";
import { openWorkspace, type Workspace, type WorkspaceOptions } from "../workspace/open-workspace.ts";
import { experimentOf, workspaceLocation } from "../workspace/workspace-location.ts";
import { workspaceSql } from "../workspace/workspace-sql.ts";
import { directoryOption, locationOption, wholeNumber } from "../options/shared-options.ts";
import { whenStopped } from "../when-stopped.ts";
import {
  experimentOption,
  jsonOption,
  pastTime,
  profileOption,
  warehouseOption,
} from "../options/workspace-options.ts";

interface MonitorCommandOptions extends WorkspaceOptions {
  readonly location?: UnityCatalogLocation;
  readonly experiment?: string;
  readonly once?: boolean;
  readonly scorers?: string;
  readonly concurrency: number;
  readonly since?: Date;
  readonly leaseTable?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ tracelake monitor --once                          score what is there with the scorers that are started
  $ tracelake monitor --watch --scorers ./scorers.js  follow new traces with scorers of a module
  $ tracelake monitor --watch --lease-table main.agents.monitor_leases
                                                      one of several workers that share the traces

Each scorer judges each trace once, however often and by how many workers it is looked at.`;

/** `tracelake monitor`: scores new traces. */
export const monitorCommand = (terminal: Terminal): Command =>
  new Command("monitor")
    .description("Score new traces with the scorers that are started, or with those of a module")
    .addOption(new Option("--once", "end after what is there now").conflicts("watch"))
    .addOption(new Option("--watch", "wait for new traces until interrupted, which is the default"))
    .option("--scorers <file>", "a module that exports scorers (default: those of the experiment that are started)")
    .addOption(locationOption("the location (default: the one that agents here write to)"))
    .addOption(experimentOption("or the experiment that is linked with it"))
    .addOption(
      new Option("--since <time>", "where to begin: 90m, 24h, 7d, or a time (default: 1h)").argParser(pastTime),
    )
    .option("--concurrency <number>", "how many scorings at once", wholeNumber(1, 1000), 8)
    .option("--lease-table <catalog.schema.table>", "share the traces with the other workers of this table")
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (options: MonitorCommandOptions) => {
      const startMillis = performance.now();
      const workspace = await openWorkspace(terminal, options, { isShared: options.once !== true });
      const stopping = new AbortController();
      void whenStopped(stopping.signal).then(() => stopping.abort());
      try {
        const counts = await run(terminal, workspace, { options, signal: stopping.signal });
        terminal.print(options.json === true ? stringifyJson({ ...counts }) : monitorLine(counts));
        noteCount(terminal, options.once === true ? "looked once" : "watched", startMillis);
      } finally {
        stopping.abort();
        await workspace.close();
      }
    });

const run = async (
  terminal: Terminal,
  { connection }: Workspace,
  { options, signal }: { readonly options: MonitorCommandOptions; readonly signal: AbortSignal },
): Promise<MonitorCounts> => {
  const { once = false, scorers, concurrency, since, leaseTable } = options;
  const experiment = experimentOf(options, terminal.env);
  const location = formatLocation(await workspaceLocation(connection, options, terminal.env));
  const leases =
    leaseTable === undefined ? {} : { leases: sqlLeases(await workspaceSql(connection), { table: leaseTable }) };
  const given = scorers === undefined ? {} : { scorers: await loadScorers(scorers) };
  return withLine(terminal, once ? "Scoring" : "Watching", (show) => {
    const settings: MonitorOptions = {
      connection,
      location,
      once,
      concurrency,
      signal,
      ...(experiment === undefined ? {} : { experiment }),
      ...(since === undefined ? {} : { since }),
      ...leases,
      ...given,
      onProgress: (counts) => show(monitorLine(counts)),
      onProblem: ({ message }) => noteAll(terminal, [message]),
      onDegradation: ({ scorer, passRate, count }) =>
        noteAll(terminal, [`only ${(100 * passRate).toFixed(0)} % of the last ${count} judgements of ${scorer} pass`]),
    };
    return runMonitor(settings);
  });
};
