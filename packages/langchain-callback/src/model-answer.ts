import type { Attributes } from "@opentelemetry/api";
import type { LiveSpan, TokenUsage } from "@tracelake/uc-exporter";
import { usageBelowModelCall } from "@tracelake/uc-exporter/plugin";
import { nonEmptyText, isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import { isMessage, toOpenAIMessage } from "./messages.ts";
import { readUsage } from "./token-usage.ts";

const metadataOf = (generation: JsonRecord): JsonRecord => {
  const { message } = generation;
  return isRecord(message) && isRecord(message["response_metadata"]) ? message["response_metadata"] : {};
};

const finishReasonOf = (generation: JsonRecord): string | null => {
  const info = isRecord(generation["generationInfo"]) ? generation["generationInfo"] : {};
  const metadata = metadataOf(generation);
  return (
    nonEmptyText(metadata["finish_reason"]) ??
    nonEmptyText(info["finish_reason"]) ??
    nonEmptyText(metadata["stop_reason"]) ??
    nonEmptyText(metadata["stopReason"]) ??
    null
  );
};

const toChoice = (generation: JsonRecord, index: number): JsonRecord => {
  const { message, text } = generation;
  const finish_reason = finishReasonOf(generation);
  return isRecord(message) && isMessage(message)
    ? { index, message: toOpenAIMessage(message), finish_reason }
    : { index, text, finish_reason };
};

const recordUsage = (span: LiveSpan, usage: TokenUsage): void => {
  span.setTokenUsage(usage);
  const { cache_read_input_tokens: cacheRead, cache_creation_input_tokens: cacheCreation } = usage;
  span.otelSpan.setAttributes({
    "gen_ai.usage.input_tokens": usage.input_tokens,
    "gen_ai.usage.output_tokens": usage.output_tokens,
    ...(cacheRead === undefined ? {} : { "gen_ai.usage.cache_read.input_tokens": cacheRead }),
    ...(cacheCreation === undefined ? {} : { "gen_ai.usage.cache_creation.input_tokens": cacheCreation }),
  });
};

/**
 * Records the tokens of a model call once: as LangChain reports them, else as the provider's client below reported them.
 * An answer from LangChain's cache used none.
 */
const recordTokens = (
  span: LiveSpan,
  result: JsonRecord,
  generations: readonly JsonRecord[],
  isCached: boolean,
): void => {
  if (isCached) {
    span.setAttribute("langchain.cached", true);
    return;
  }
  const { usage, reasoningTokens, estimatedTotalTokens } = readUsage(result, generations);
  const reported = usage ?? usageBelowModelCall(span);
  if (reported !== undefined) recordUsage(span, reported);
  if (reasoningTokens !== undefined) span.setAttribute("gen_ai.usage.reasoning.output_tokens", reasoningTokens);
  if (reported === undefined && estimatedTotalTokens !== undefined) {
    span.setAttribute("langchain.estimated_total_tokens", estimatedTotalTokens);
  }
};

/** Records what a model answered, in the shape of OpenAI's completions. */
export const recordAnswer = (span: LiveSpan, result: unknown, extra: unknown): void => {
  if (!isRecord(result)) {
    span.setOutputs(result);
    return;
  }
  const groups: readonly unknown[] = Array.isArray(result["generations"]) ? result["generations"] : [];
  const generations = groups.flatMap((group) => recordsIn(group));
  const first = generations[0];
  const metadata = first === undefined ? {} : metadataOf(first);
  const model = nonEmptyText(metadata["model_name"]) ?? nonEmptyText(metadata["model"]);
  const id =
    nonEmptyText(metadata["id"]) ?? (isRecord(first?.["message"]) ? nonEmptyText(first["message"]["id"]) : undefined);
  span.setOutputs({ id, model, choices: generations.map(toChoice) });
  const attributes: Attributes = {};
  if (model !== undefined) attributes["gen_ai.response.model"] = model;
  // LangChain makes up an id of its own where the provider gives none.
  if (id !== undefined && !id.startsWith("run-")) attributes["gen_ai.response.id"] = id;
  const finishReasons = generations.map(finishReasonOf).filter((reason) => reason !== null);
  if (finishReasons.length > 0) attributes["gen_ai.response.finish_reasons"] = finishReasons;
  span.otelSpan.setAttributes(attributes);
  recordTokens(span, result, generations, isRecord(extra) && extra["cached"] === true);
};

/** Records what a model had answered until it was stopped. */
export const recordPartialAnswer = (span: LiveSpan, partialOutput: unknown, text: string): void => {
  const message =
    isRecord(partialOutput) && isMessage(partialOutput)
      ? toOpenAIMessage(partialOutput)
      : text === ""
        ? undefined
        : { role: "assistant", content: text };
  if (message !== undefined) span.setOutputs({ choices: [{ index: 0, message, finish_reason: null }] });
  const usage = usageBelowModelCall(span);
  if (usage !== undefined) recordUsage(span, usage);
};
