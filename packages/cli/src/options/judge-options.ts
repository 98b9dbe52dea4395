import type { JudgeClientOptions } from "@tracelake/monitor";
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

/** What the options say. A key is no argument, which others on the machine could read, but stands in the environment. */
export const judgeOf = (
  { judge, judgeUrl = {}, judgeBudget }: MonitorJudgeOptions,
  environment: NodeJS.ProcessEnv,
): JudgeClientOptions => {
  const { TRACELAKE_JUDGE_API_KEY: apiKey } = environment;
  const key = apiKey ? { apiKey } : {};
  return {
    environment,
    providers: Object.fromEntries(
      Object.entries(judgeUrl).map(([provider, baseUrl]) => [provider, { baseUrl, ...key }]),
    ),
    ...(judge === undefined ? {} : { defaultModel: judge }),
    ...(judgeBudget === undefined ? {} : { budget: { calls: judgeBudget } }),
  };
};
