import { existsSync } from "node:fs";
import type { JudgeOptions, Scorer, ScorerCore } from "@tracelake/monitor";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
import { loadScorers } from "./scorer-module.ts";
import { builtinGuidelinesMakers, builtinMakers } from "./builtin-makers.ts";

/** What scorers can be told on the command line. */
export interface ScorerSettings {
  readonly name?: string;
  readonly model?: string;
  readonly guidelines?: readonly string[];
}

const usage = (seen: string, remedy: string): TracelakeError =>
  new TracelakeError(ErrorCode.COMMAND_USAGE, { failed: "There is no scorer to register", seen, remedy });

const builtinNames = (): string => [...builtinMakers.keys(), ...builtinGuidelinesMakers.keys()].join(", ");

const builtin = (name: string, settings: ScorerSettings): Scorer | undefined => {
  const { guidelines, ...given } = settings;
  const options: JudgeOptions = given;
  const makeWithGuidelines = builtinGuidelinesMakers.get(name);
  if (makeWithGuidelines !== undefined) {
    if (guidelines !== undefined) return makeWithGuidelines({ ...options, guidelines });
    throw usage(`${name} without guidelines`, 'Give them: --guidelines "The response must be polite."');
  }
  const make = builtinMakers.get(name);
  if (make === undefined || guidelines === undefined) return make?.(options);
  throw usage(`--guidelines for ${name}`, `Only ${[...builtinGuidelinesMakers.keys()].join(" and ")} read guidelines.`);
};

const fromModule = async (path: string, settings: ScorerSettings): Promise<ScorerCore[]> => {
  if (!existsSync(path)) {
    throw usage(quoteForMessage(path), `Give the path of a module that exports scorers, or one of ${builtinNames()}.`);
  }
  if (Object.keys(settings).length > 0) {
    throw usage(
      `--${Object.keys(settings).join(", --")} with a module`,
      "Write it in the module: name, model and guidelines are for built-in scorers.",
    );
  }
  // What is registered does not run yet.
  return (await loadScorers(path)).map((given) => ("scorer" in given ? given.scorer : given));
};

/**
 * The scorers that are meant by a built-in's name, or by the path of a module that exports some.
 *
 * @throws {TracelakeError} `COMMAND_USAGE`
 */
export const namedScorers = async (source: string, settings: ScorerSettings): Promise<ScorerCore[]> => {
  const found = builtin(source, settings);
  return found === undefined ? fromModule(source, settings) : [found];
};
