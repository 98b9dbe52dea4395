import type { TokenUsage } from "@tracelake/uc-exporter";
import { finiteNumber, isRecord, type JsonRecord } from "./json-record.ts";

/** What a model call's answer says about its tokens. */
export interface UsageReading {
  readonly usage: TokenUsage | undefined;
  readonly reasoningTokens: number | undefined;
  /** LangChain's own guess, which it makes where a provider reports nothing. Never the usage. */
  readonly estimatedTotalTokens: number | undefined;
}

/** One way of writing token counts. */
interface Spelling {
  readonly input: string;
  readonly output: string;
  readonly total: string;
  readonly cacheRead: readonly string[];
  readonly cacheCreation: readonly string[];
  readonly reasoning: readonly string[];
}

const spellings: readonly Spelling[] = [
  {
    input: "input_tokens",
    output: "output_tokens",
    total: "total_tokens",
    cacheRead: ["input_token_details.cache_read", "input_tokens_details.cached_tokens", "cache_read_input_tokens"],
    cacheCreation: ["input_token_details.cache_creation", "cache_creation_input_tokens"],
    reasoning: ["output_token_details.reasoning", "output_tokens_details.reasoning_tokens"],
  },
  {
    input: "promptTokens",
    output: "completionTokens",
    total: "totalTokens",
    cacheRead: [],
    cacheCreation: [],
    reasoning: [],
  },
  {
    input: "prompt_tokens",
    output: "completion_tokens",
    total: "total_tokens",
    cacheRead: ["prompt_tokens_details.cached_tokens"],
    cacheCreation: [],
    reasoning: ["completion_tokens_details.reasoning_tokens"],
  },
  {
    input: "inputTokens",
    output: "outputTokens",
    total: "totalTokens",
    cacheRead: [],
    cacheCreation: [],
    reasoning: [],
  },
];

const reach = (counts: JsonRecord, paths: readonly string[]): number | undefined => {
  for (const path of paths) {
    let value: unknown = counts;
    for (const key of path.split(".")) value = isRecord(value) ? value[key] : undefined;
    const count = finiteNumber(value);
    if (count !== undefined) return count;
  }
  return undefined;
};

interface Counts {
  readonly usage: TokenUsage;
  readonly reasoningTokens: number | undefined;
}

const readCounts = (counts: unknown): Counts | undefined => {
  if (!isRecord(counts)) return undefined;
  const spelling = spellings.find(({ input, output }) => input in counts || output in counts);
  if (spelling === undefined) return undefined;
  const input = finiteNumber(counts[spelling.input]) ?? 0;
  const output = finiteNumber(counts[spelling.output]) ?? 0;
  const usage: TokenUsage = {
    input_tokens: input,
    output_tokens: output,
    total_tokens: finiteNumber(counts[spelling.total]) ?? input + output,
  };
  const cacheRead = reach(counts, spelling.cacheRead);
  const cacheCreation = reach(counts, spelling.cacheCreation);
  if (cacheRead !== undefined) usage.cache_read_input_tokens = cacheRead;
  if (cacheCreation !== undefined) usage.cache_creation_input_tokens = cacheCreation;
  return { usage, reasoningTokens: reach(counts, spelling.reasoning) };
};

const add = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined ? right : left + (right ?? 0);

const sum = (readings: readonly Counts[]): Counts | undefined =>
  readings.reduce<Counts | undefined>((total, { usage, reasoningTokens }) => {
    if (total === undefined) return { usage, reasoningTokens };
    const both: TokenUsage = { ...total.usage };
    for (const key of Object.keys(usage) as (keyof TokenUsage)[]) both[key] = add(both[key], usage[key]) ?? 0;
    return { usage: both, reasoningTokens: add(total.reasoningTokens, reasoningTokens) };
  }, undefined);

const fromMessages = (generations: readonly JsonRecord[]): Counts | undefined => {
  const messages = generations.map((generation) => generation["message"]);
  const counts = messages.map((message) => (isRecord(message) ? readCounts(message["usage_metadata"]) : undefined));
  return sum(counts.filter((reading) => reading !== undefined));
};

const fromMetadata = (generations: readonly JsonRecord[]): Counts | undefined => {
  const { message } = generations[0] ?? {};
  const metadata = isRecord(message) ? message["response_metadata"] : undefined;
  return isRecord(metadata) ? (readCounts(metadata["usage"]) ?? readCounts(metadata["tokenUsage"])) : undefined;
};

/**
 * Reads the tokens of a model's answer: from its messages first, as the summary beside them is wrong for some providers'
 * streams. What LangChain only estimated is told apart.
 */
export const readUsage = (result: JsonRecord, generations: readonly JsonRecord[]): UsageReading => {
  const summary = isRecord(result["llmOutput"]) ? result["llmOutput"] : {};
  const counts =
    fromMessages(generations) ??
    readCounts(summary["tokenUsage"]) ??
    readCounts(summary["usage"]) ??
    fromMetadata(generations);
  const estimated = summary["estimatedTokenUsage"];
  return {
    usage: counts?.usage,
    reasoningTokens: counts?.reasoningTokens,
    estimatedTotalTokens:
      counts === undefined && isRecord(estimated) ? finiteNumber(estimated["totalTokens"]) : undefined,
  };
};
