import { Command, Option } from "commander";
import { readyQuery } from "@tracelake/workspace-client";
import type { JsonValue, UnityCatalogLocation } from "@tracelake/wire";
import { passRateOf, qualityLimit, qualityOf, totalOf, type ScorerQuality } from "../data/quality.ts";
import { countOf, noteCount } from "../output/messages.ts";
import { renderQuality } from "../output/quality-table.ts";
import { renderJsonArray } from "../output/query-output.ts";
import type { Terminal } from "../terminal.ts";
import type { WorkspaceOptions } from "../workspace/open-workspace.ts";
import { withWorkspace } from "../workspace/with-workspace.ts";
import { workspaceLocation } from "../workspace/workspace-location.ts";
import { locationGeneration, workspaceSql } from "../workspace/workspace-sql.ts";
import { directoryOption, locationOption } from "../options/shared-options.ts";
import {
  experimentOption,
  jsonOption,
  pastTime,
  profileOption,
  warehouseOption,
} from "../options/workspace-options.ts";

interface QualityOptions extends WorkspaceOptions {
  readonly location?: UnityCatalogLocation;
  readonly experiment?: string;
  readonly since: Date;
  readonly by: "hour" | "day";
  readonly json?: boolean;
}

const periodMillis = { hour: 3_600_000, day: 86_400_000 } as const;

const examples = `
Examples:
  $ tracelake quality                       the last seven days, a bar for each
  $ tracelake quality --since 24h --by hour
  $ tracelake quality --json | jq '.[] | select(.pass_rate < 0.9)'

PASS is the share of judgements that say yes, true or pass, of those that say yes or no. A dot in TREND is a period in
which nothing was judged. Opinions of people are not counted.`;

/** `tracelake quality`: the pass rate of each scorer over time. */
export const qualityCommand = (terminal: Terminal): Command =>
  new Command("quality")
    .description("Show the pass rate of each scorer, and how it went")
    .addOption(locationOption("the location (default: the one that agents here write to)"))
    .addOption(experimentOption("or the experiment that is linked with it"))
    .addOption(
      new Option("--since <time>", "how far back: 90m, 24h, 7d, or a time")
        .argParser(pastTime)
        .default(pastTime("7d"), "7d"),
    )
    .addOption(new Option("--by <period>", "the length of a bar").choices(["hour", "day"]).default("day"))
    .addOption(warehouseOption())
    .addOption(profileOption())
    .addOption(directoryOption())
    .addOption(jsonOption())
    .addHelpText("after", examples)
    .action(async (options: QualityOptions) => {
      const startMillis = performance.now();
      const scorers = await withWorkspace(terminal, options, async ({ connection }) => {
        const location = await workspaceLocation(connection, options, terminal.env);
        const sql = await workspaceSql(connection);
        const generation = await locationGeneration(connection, location, sql);
        const { since, by } = options;
        const asked = { location, generation, since, period: by, limit: qualityLimit };
        const { statement, parameters } = readyQuery("quality").build(asked);
        return qualityOf(await sql.query(statement, parameters));
      });
      show(terminal, scorers, options);
      noteCount(terminal, countOf(scorers.length, "scorer"), startMillis);
    });

const show = (terminal: Terminal, scorers: readonly ScorerQuality[], { json, since, by }: QualityOptions): void => {
  if (json === true) terminal.print(renderJsonArray(scorers.map(jsonOf)));
  else if (scorers.length === 0) terminal.note("Nothing was judged in this time.");
  else {
    const range = { sinceMillis: since.getTime(), nowMillis: Date.now(), periodMillis: periodMillis[by] };
    terminal.print(renderQuality(scorers, range, terminal));
  }
};

const jsonOf = (quality: ScorerQuality): JsonValue => {
  const total = totalOf(quality);
  return {
    scorer: quality.scorer,
    judged: total.judged,
    passed: total.passed,
    pass_rate: passRateOf(total) ?? null,
    errors: total.errors,
    periods: quality.periods.map((period) => ({
      start: new Date(period.startMillis).toISOString(),
      judged: period.judged,
      passed: period.passed,
      pass_rate: passRateOf(period) ?? null,
      errors: period.errors,
    })),
  };
};
