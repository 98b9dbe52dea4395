import { Command } from "commander";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { getScorer, type ScorerCore, type StoredScorer } from "@tracelake/monitor";
import { printable } from "../output/printable-text.ts";
import { renderJsonArray } from "../output/query-output.ts";
import { scorerJson, scorerLine } from "../output/scorer-list.ts";
import { shellWord } from "../output/shell-word.ts";
import { namedScorers, type ScorerSettings } from "../scorers/named-scorers.ts";
import { withScorers, type Scorers, type ScorersOptions } from "../scorers/with-scorers.ts";
import type { Terminal } from "../terminal.ts";
import { sampleRateOption, traceFilterOption, withScorerOptions } from "../options/scorer-options.ts";

interface RegisterOptions extends ScorersOptions, ScorerSettings {
  readonly sampleRate?: number;
  readonly filter?: string;
}

const examples = `
Examples:
  $ tracelake scorers register safety --name production_safety --sample-rate 1
  $ tracelake scorers register guidelines --name tone --guidelines "The response must be polite." --guidelines "…"
  $ tracelake scorers register ./scorers.mjs --experiment /Shared/support-agent

Nothing is scored before a scorer is started: with --sample-rate, or by tracelake scorers start.`;

// A filter is kept with the share of the traces: without one, a later start would score everything.
const assertFilterKept = ({ sampleRate, filter }: RegisterOptions): void => {
  if (filter === undefined || sampleRate !== undefined) return;
  throw new TracelakeError(ErrorCode.COMMAND_USAGE, {
    failed: "The filter cannot be kept with a scorer that is not started",
    seen: "--filter without --sample-rate",
    remedy: "Give --sample-rate too, or give the filter to tracelake scorers start.",
  });
};

const register = async (
  { connection, registry }: Scorers,
  scorers: readonly ScorerCore[],
  { sampleRate, filter }: RegisterOptions,
): Promise<StoredScorer[]> => {
  const { experimentId } = registry;
  const registered: StoredScorer[] = [];
  for (const { record } of scorers) {
    const stored = await registry.register(record);
    if (sampleRate === undefined) registered.push(stored);
    else {
      const found = await getScorer({ name: record.name, connection, experimentId });
      registered.push(await found.start({ sampleRate, ...(filter === undefined ? {} : { filter }) }));
    }
  }
  return registered;
};

/** `tracelake scorers register`: built-in scorers, or those of a module. */
export const registerScorersCommand = (terminal: Terminal): Command =>
  withScorerOptions(
    new Command("register")
      .description("Keep scorers in an experiment")
      .argument("<scorer>", "a built-in scorer such as safety, or a module that exports scorers")
      .option("--name <name>", "under which it is kept (default: its own)")
      .option("--model <provider:/model>", "its judge (default: the workspace's own)")
      .option("--guidelines <text>", "what responses have to keep to; any number of times", collect)
      .addOption(sampleRateOption("start it with this share of the traces"))
      .addOption(traceFilterOption()),
  )
    .addHelpText("after", examples)
    .action(async (source: string, options: RegisterOptions) => {
      assertFilterKept(options);
      const scorers = await namedScorers(source, settingsOf(options));
      const stored = await withScorers(terminal, options, (opened) => register(opened, scorers, options));
      if (options.json === true) terminal.print(renderJsonArray(stored.map(scorerJson)));
      else terminal.print(stored.map((scorer) => scorerLine(scorer, terminal)));
      const stopped = stored.filter(({ sampleRate }) => sampleRate === 0).map(({ record }) => record.name);
      if (stopped.length === 0) return;
      terminal.note(["Nothing is scored yet:", ...stopped.map((name) => `  ${startLine(name)}`)]);
    });

const startLine = (name: string): string => `tracelake scorers start ${printable(shellWord(name))}`;

const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

const settingsOf = ({ name, model, guidelines }: RegisterOptions): ScorerSettings => ({
  ...(name === undefined ? {} : { name }),
  ...(model === undefined ? {} : { model }),
  ...(guidelines === undefined ? {} : { guidelines }),
});
