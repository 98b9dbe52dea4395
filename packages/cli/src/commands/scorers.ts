import { Command } from "commander";
import { getScorer, type RegisteredScorer } from "@tracelake/monitor";
import { countOf, noteCount } from "../output/messages.ts";
import { printable } from "../output/printable-text.ts";
import { renderJson, renderJsonArray } from "../output/query-output.ts";
import { renderScorerList, scorerJson, scorerLine } from "../output/scorer-list.ts";
import { withScorers, type ScorersOptions } from "../scorers/with-scorers.ts";
import type { Terminal } from "../terminal.ts";
import { registerScorersCommand } from "./register-scorers.ts";
import { sampleRateOption, traceFilterOption, withScorerOptions } from "../options/scorer-options.ts";
import { wholeNumber } from "../options/shared-options.ts";

interface StartOptions extends ScorersOptions {
  readonly sampleRate: number;
  readonly filter?: string;
}

interface DeleteOptions extends ScorersOptions {
  readonly version?: number;
}

const startExamples = `
Examples:
  $ tracelake scorers start production_safety
  $ tracelake scorers start tone --sample-rate 0.5 --filter "trace.status = 'OK' AND tag.channel = 'mail'"

A scorer that runs already is given the new share and filter.`;

const listCommand = (terminal: Terminal): Command =>
  withScorerOptions(new Command("list").description("The scorers of an experiment, and how much each sees")).action(
    async (options: ScorersOptions) => {
      const startMillis = performance.now();
      const scorers = await withScorers(terminal, options, ({ registry }) => registry.list());
      if (options.json === true) terminal.print(renderJsonArray(scorers.map(scorerJson)));
      else if (scorers.length > 0) terminal.print(renderScorerList(scorers, terminal));
      noteCount(terminal, countOf(scorers.length, "scorer"), startMillis);
    },
  );

/** Changes one scorer and says what it is then. */
const changeScorer = async (
  terminal: Terminal,
  { name, options }: { readonly name: string; readonly options: ScorersOptions },
  change: (scorer: RegisteredScorer) => Promise<RegisteredScorer>,
): Promise<void> => {
  const changed = await withScorers(terminal, options, async ({ connection, registry: { experimentId } }) =>
    change(await getScorer({ name, connection, experimentId })),
  );
  terminal.print(options.json === true ? renderJson(scorerJson(changed)) : scorerLine(changed, terminal));
};

const startCommand = (terminal: Terminal): Command =>
  withScorerOptions(
    new Command("start")
      .description("Let a scorer score traces")
      .argument("<name>", "the name it was registered under")
      .addOption(sampleRateOption("the share of the traces").default(1))
      .addOption(traceFilterOption()),
  )
    .addHelpText("after", startExamples)
    .action((name: string, options: StartOptions) => {
      const { sampleRate, filter } = options;
      return changeScorer(terminal, { name, options }, (scorer) =>
        scorer.start({ sampleRate, ...(filter === undefined ? {} : { filter }) }),
      );
    });

const stopCommand = (terminal: Terminal): Command =>
  withScorerOptions(
    new Command("stop")
      .description("Let a scorer score nothing more; it stays registered")
      .argument("<name>", "the name it was registered under"),
  ).action((name: string, options: ScorersOptions) =>
    changeScorer(terminal, { name, options }, (scorer) => scorer.stop()),
  );

const deleteCommand = (terminal: Terminal): Command =>
  withScorerOptions(
    new Command("delete")
      .description("Forget a scorer; what it has said of traces stays")
      .argument("<name>", "the name it was registered under")
      .option("--version <number>", "one version (default: all)", wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  ).action(async (name: string, options: DeleteOptions) => {
    const { version } = options;
    await withScorers(terminal, options, ({ registry }) => registry.delete(name, version));
    const which = version === undefined ? "" : `, version ${version},`;
    terminal.print(
      options.json === true
        ? renderJson({ name, version: version ?? null, is_deleted: true })
        : `${terminal.style.green("✓")} ${printable(name)}${which} is deleted`,
    );
  });

/** `tracelake scorers`: what judges the traffic of an experiment. */
export const scorersCommand = (terminal: Terminal): Command =>
  new Command("scorers")
    .description("Judge the traffic of an experiment all the time")
    .addCommand(listCommand(terminal))
    .addCommand(registerScorersCommand(terminal))
    .addCommand(startCommand(terminal))
    .addCommand(stopCommand(terminal))
    .addCommand(deleteCommand(terminal));
