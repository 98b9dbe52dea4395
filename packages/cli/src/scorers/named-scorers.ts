import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { JudgeOptions, Scorer } from "@tracelake/monitor";
import { ErrorCode, quoteForMessage, TracelakeError } from "@tracelake/wire";
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

const isScorer = (value: unknown): value is Scorer =>
  typeof value === "object" && value !== null && "record" in value && "score" in value && "register" in value;

const importFile = async (file: string): Promise<object> => {
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch (cause) {
    throw new TracelakeError(ErrorCode.COMMAND_USAGE, {
      failed: `The module ${quoteForMessage(file)} cannot be loaded`,
      seen: cause instanceof Error ? cause.message : String(cause),
      remedy: "Give a module that this Node.js runs: .mjs or .js, or .ts from Node.js 22.18 on.",
      cause,
    });
  }
};

const fromModule = async (path: string, settings: ScorerSettings): Promise<Scorer[]> => {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw usage(quoteForMessage(path), `Give the path of a module that exports scorers, or one of ${builtinNames()}.`);
  }
  if (Object.keys(settings).length > 0) {
    throw usage(
      `--${Object.keys(settings).join(", --")} with a module`,
      "Write it in the module: name, model and guidelines are for built-in scorers.",
    );
  }
  const scorers = Object.values(await importFile(file))
    .flat()
    .filter(isScorer);
  if (scorers.length > 0) return scorers;
  throw usage(
    `${quoteForMessage(path)} exports none`,
    "Export scorers by name, such as: export const tone = guidelines({ … });",
  );
};

/**
 * The scorers that are meant by a built-in's name, or by the path of a module that exports some.
 *
 * @throws {TracelakeError} `COMMAND_USAGE`
 */
export const namedScorers = async (source: string, settings: ScorerSettings): Promise<Scorer[]> => {
  const found = builtin(source, settings);
  return found === undefined ? fromModule(source, settings) : [found];
};
