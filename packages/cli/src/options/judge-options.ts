import type { JudgeClientOptions } from "@tracelake/monitor";
import { ErrorCode, TracelakeError } from "@tracelake/wire";
import { InvalidArgumentError, Option, type Command } from "commander";
import { wholeNumber } from "./shared-options.ts";

/** How judge models are asked, as people write it. */
export interface MonitorJudgeOptions {
  readonly judge?: string;
  readonly judgeUrl?: Readonly<Record<string, string>>;
  readonly judgeBudget?: number;
}

const providerUrl = (
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => {
  const [, provider, url] = /^([a-z][\w-]*)=(https?:\/\/.+)$/s.exec(text) ?? [];
  if (provider !== undefined && url !== undefined) return { ...earlier, [provider]: url };
  throw new InvalidArgumentError("Write <provider>=<address>, such as ollama=http://127.0.0.1:11434/v1.");
};

/** The options of {@link judgeOf}. */
export const withJudgeOptions = (command: Command): Command =>
  command
    .option("--judge <provider:/model>", "the judge of scorers that name none (default: as on the workspace)")
    .addOption(
      new Option("--judge-url <provider=address>", "where a provider is asked; may be repeated").argParser(providerUrl),
    )
    .option("--judge-budget <calls>", "calls of judges in an hour", wholeNumber(1, Number.MAX_SAFE_INTEGER));

const keyVariable = "TRACELAKE_JUDGE_API_KEY";

const ownKeyVariable = (provider: string): string => `${keyVariable}_${provider.toUpperCase().replaceAll("-", "_")}`;

const ambiguous = (providers: readonly string[], keyless: readonly string[]): TracelakeError =>
  new TracelakeError(ErrorCode.COMMAND_USAGE, {
    failed: `It is not clear whose key ${keyVariable} is`,
    seen: `--judge-url for ${providers.join(", ")}; ${keyless.map(ownKeyVariable).join(", ")} not set`,
    remedy: `Unset ${keyVariable}, and set ${ownKeyVariable("<PROVIDER>")} for each provider that takes a key.`,
  });

/** The keys of the providers: each its own, or where there is no other provider the one that names none. */
const keysOf = (providers: readonly string[], environment: NodeJS.ProcessEnv): ReadonlyMap<string, string> => {
  const common = environment[keyVariable];
  const keys = new Map<string, string>();
  for (const provider of providers) {
    const key = environment[ownKeyVariable(provider)] || (providers.length === 1 ? common : undefined);
    if (key) keys.set(provider, key);
  }
  const keyless = providers.filter((provider) => !keys.has(provider));
  if (common && keyless.length > 0) throw ambiguous(providers, keyless);
  return keys;
};

/**
 * What the options say. A key is no argument, which others on the machine could read, but stands in the environment.
 *
 * @throws {TracelakeError} `COMMAND_USAGE` where a key may be that of several providers: none is sent to a stranger.
 */
export const judgeOf = (
  { judge, judgeUrl = {}, judgeBudget }: MonitorJudgeOptions,
  environment: NodeJS.ProcessEnv,
): JudgeClientOptions => {
  const keys = keysOf(Object.keys(judgeUrl), environment);
  const providers = Object.entries(judgeUrl).map(([provider, baseUrl]) => {
    const apiKey = keys.get(provider);
    return [provider, { baseUrl, ...(apiKey === undefined ? {} : { apiKey }) }] as const;
  });
  return {
    environment,
    providers: Object.fromEntries(providers),
    ...(judge === undefined ? {} : { defaultModel: judge }),
    ...(judgeBudget === undefined ? {} : { budget: { calls: judgeBudget } }),
  };
};
