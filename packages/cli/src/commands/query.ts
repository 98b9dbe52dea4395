import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { readyQueries, readyQuery, type ReadyQueryName, type SqlAnswer } from "@tracelake/workspace-client";
import type { UnityCatalogLocation } from "@tracelake/wire";
import { countOf, noteAll, noteCount } from "../output/messages.ts";
import { renderAnswerCsv, renderAnswerJson, renderAnswerTable } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { workspaceLocation } from "../workspace/workspace-location.ts";
import { locationGeneration, workspaceSql } from "../workspace/workspace-sql.ts";
import { directoryOption, locationOption, wholeNumber } from "../options/shared-options.ts";
import { experimentOption, pastTime, profileOption, warehouseOption } from "../options/workspace-options.ts";

interface QueryOptions extends WorkspaceOptions {
  readonly location?: UnityCatalogLocation;
  readonly experiment?: string;
  readonly since: Date;
  readonly limit: number;
  readonly seconds: number;
  readonly showSql?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const secondsOf = (text: string): number => {
  if (/^\d*\.?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a number of seconds, such as 5 or 0.5.");
};

const list = readyQueries.map(({ name, description }) => `  ${name.padEnd(12)} ${description}`).join("\n");

const examples = `
Queries:
${list}

Examples:
  $ tracelake query slow --seconds 5
  $ tracelake query tokens --since 7d --json
  $ tracelake query errors --show-sql              the statement, to change and run elsewhere`;

/** `tracelake query`: asks one of the ready questions. */
export const queryCommand = (terminal: Terminal): Command =>
  new Command("query")
    .description(
      "Ask a ready question of the tables: slow traces, errors, tokens and cost, latency, tools, assessments, quality",
    )
    .addArgument(new Argument("<query>", "which one").choices(readyQueries.map(({ name }) => name)))
    .addOption(locationOption("the location (default: the one that agents here write to)"))
    .addOption(experimentOption("or the experiment that is linked with it"))
    .addOption(
      new Option("--since <time>", "how far back: 90m, 24h, 7d, or a time")
        .argParser(pastTime)
        .default(pastTime("24h"), "24h"),
    )
    .option("-n, --limit <number>", "the most rows", wholeNumber(1, 10_000), 20)
    .option("--seconds <number>", "for slow: what is slow", secondsOf, 10)
    .addOption(new Option("--json", "print one JSON array of row objects").conflicts("csv"))
    .addOption(new Option("--csv", "print CSV with a header line"))
    .option("--show-sql", "print the statement instead of running it")
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addHelpText("after", examples)
    .action(async (name: ReadyQueryName, options: QueryOptions) => {
      const startMillis = performance.now();
      const answer = await withWorkspace(terminal, options, async ({ connection }) => {
        const location = await workspaceLocation(connection, options, terminal.env);
        const sql = await workspaceSql(connection);
        const generation = await locationGeneration(connection, location, sql);
        const { since, limit, seconds } = options;
        const asked = { location, generation, since, limit, slowSeconds: seconds };
        const { statement, parameters } = readyQuery(name).build(asked);
        return options.showSql === true ? statement : sql.query(statement, parameters);
      });
      if (typeof answer === "string") terminal.print([answer, `-- :since ${options.since.toISOString()}`]);
      else show(terminal, answer, { options, startMillis });
    });

const show = (
  terminal: Terminal,
  answer: SqlAnswer,
  { options, startMillis }: { readonly options: QueryOptions; readonly startMillis: number },
): void => {
  if (options.json === true) terminal.print(renderAnswerJson(answer));
  else if (options.csv === true)
    terminal.print(renderAnswerCsv(answer, { isTerminal: terminal.stdout.isTTY === true }));
  else if (answer.rows.length > 0) terminal.print(renderAnswerTable(answer, terminal));
  noteAll(terminal, answer.notes);
  noteCount(terminal, countOf(answer.rows.length, "row"), startMillis);
};
