import { Command, Option } from "commander";
import { runMonitor, sqlLeases, type MonitorCounts, type MonitorOptions } from "@tracelake/monitor";
import { formatLocation, stringifyJson, type UnityCatalogLocation } from "@tracelake/wire";
import { resolveExperimentId, type Connection } from "@tracelake/workspace-client";
import { judgeOf, withJudgeOptions, type MonitorJudgeOptions } from "../options/judge-options.ts";
import { directoryOption, locationOption, wholeNumber } from "../options/shared-options.ts";
import {
  experimentOption,
  jsonOption,
  pastTime,
  profileOption,
  warehouseOption,
} from "../options/workspace-options.ts";
import { AlreadyReported } from "../exit-code.ts";
import { noteAll, noteCount } from "../output/messages.ts";
import { leftNote, monitorLine } from "../output/monitor-lines.ts";
import { problemNotes } from "../output/problem-notes.ts";
import { withLine } from "../output/progress.ts";
import { loadScorers } from "../scorers/scorer-module.ts";
import { startedScorers } from "../scorers/started-scorers.ts";
import type { Terminal } from "../terminal.ts";
import { destinationOf, openWorkspace, type Workspace, type WorkspaceOptions } from "../workspace/open-workspace.ts";
import { experimentOf, workspaceLocation } from "../workspace/workspace-location.ts";
import { workspaceSql } from "../workspace/workspace-sql.ts";
import { whenStopped } from "../when-stopped.ts";

interface MonitorCommandOptions extends WorkspaceOptions, MonitorJudgeOptions {
  readonly location?: UnityCatalogLocation;
  readonly experiment?: string;
  readonly once?: boolean;
  readonly scorers?: string;
  readonly started?: boolean;
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

Each scorer judges each trace once, however often and by how many workers it is looked at. With --once it ends with 1 where
anything was put off or refused, and says how to come back to it.`;

// As far as the monitor looks back by itself.
const usualSince = "1h";

/** `tracelake monitor`: scores new traces. */
export const monitorCommand = (terminal: Terminal): Command =>
  withJudgeOptions(new Command("monitor"))
    .description("Score new traces with the scorers that are started, or with those of a module")
    .addOption(new Option("--once", "end after what is there now").conflicts("watch"))
    .addOption(new Option("--watch", "wait for new traces until interrupted, which is the default"))
    .option("--scorers <file>", "a module that exports scorers (default: those of the experiment that are started)")
    .addOption(
      new Option("--started", "those that are started, also where the workspace runs them itself").conflicts("scorers"),
    )
    .addOption(locationOption("the location (default: the one that agents here write to)"))
    .addOption(experimentOption("or the experiment: its location, or the traces it keeps itself"))
    .addOption(
      new Option("--since <time>", `where to begin: 90m, 24h, 7d, or a time (default: ${usualSince})`).argParser(
        pastTime,
      ),
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
      const judge = judgeOf(options, terminal.env);
      const since = options.since ?? pastTime(usualSince);
      const opening = { isShared: options.once !== true, mayBeMlflow: true };
      const workspace = await openWorkspace(terminal, options, opening);
      const stopping = new AbortController();
      void whenStopped(stopping.signal).then(() => stopping.abort());
      try {
        const counts = await run(terminal, workspace, { options, judge, signal: stopping.signal });
        terminal.print(options.json === true ? stringifyJson({ ...counts }) : monitorLine(counts));
        noteCount(terminal, options.once === true ? "looked once" : "watched", startMillis);
        if (options.once === true) conclude(terminal, counts, since);
      } finally {
        stopping.abort();
        await workspace.close();
      }
    });

/** Nobody comes back to what one look has left: whoever runs it has to learn of it. */
const conclude = (terminal: Terminal, counts: MonitorCounts, since: Date): void => {
  const left = leftNote(counts, since);
  if (left === undefined) return;
  noteAll(terminal, [left]);
  throw new AlreadyReported();
};

/** Whose traces are followed: an experiment may keep them itself. */
const placeOf = async (
  connection: Connection,
  options: MonitorCommandOptions,
  environment: NodeJS.ProcessEnv,
): Promise<Pick<MonitorOptions, "location" | "experiment">> => {
  const experiment = experimentOf(options, environment);
  const isServer = connection.service === "mlflow";
  const isOfExperiment =
    options.experiment !== undefined || destinationOf(options, environment)?.type === "experiment" || isServer;
  if (options.location === undefined && isOfExperiment) {
    return {
      experiment: experiment ?? { experimentId: await resolveExperimentId(connection, undefined, environment) },
    };
  }
  const location = formatLocation(await workspaceLocation(connection, options, environment));
  return experiment === undefined ? { location } : { location, experiment };
};

const run = async (
  terminal: Terminal,
  { connection }: Workspace,
  {
    options,
    judge,
    signal,
  }: Pick<MonitorOptions, "judge"> & {
    readonly options: MonitorCommandOptions;
    readonly signal: AbortSignal;
  },
): Promise<MonitorCounts> => {
  const { once = false, scorers: file, started = false, concurrency, since, leaseTable } = options;
  const place = await placeOf(connection, options, terminal.env);
  const { experiment } = place;
  const leases =
    leaseTable === undefined ? {} : { leases: sqlLeases(await workspaceSql(connection), { table: leaseTable }) };
  const scorers =
    file === undefined ? await startedScorers(terminal, connection, { experiment, started }) : await loadScorers(file);
  return withLine(terminal, once ? "Scoring" : "Watching", async ({ show, above }) => {
    const note = (text: string): void => above(() => noteAll(terminal, [text]));
    const problems = problemNotes(note);
    const settings: MonitorOptions = {
      connection,
      ...place,
      scorers,
      judge,
      once,
      concurrency,
      signal,
      ...(since === undefined ? {} : { since }),
      ...leases,
      onProgress: (counts) => show(monitorLine(counts)),
      onProblem: ({ message }) => problems.note(message),
      onDegradation: ({ scorer, passRate, count }) =>
        note(`only ${(100 * passRate).toFixed(0)} % of the last ${count} judgements of ${scorer} pass`),
    };
    return runMonitor(settings).finally(problems.end);
  });
};
