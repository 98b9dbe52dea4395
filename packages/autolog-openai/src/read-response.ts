import { type LiveSpan, type TokenUsage } from "@tracelake/uc-exporter";
import { isRecord, recordsIn, type JsonRecord } from "./json-record.ts";
import { setTextList } from "./read-request.ts";

/** What a response says, apart from what every response says. */
export interface ResponseReading {
  readonly outputs: unknown;
  readonly finishReasons?: readonly unknown[];
  /** Whether the tokens count as MLflow's token usage. Its Python client does not count those of embeddings. */
  readonly hasTokenUsage: boolean;
  /** Set where the answer is that it failed. */
  readonly failure?: { readonly name: string; readonly message: string };
}

export const readChatCompletion = (completion: JsonRecord): ResponseReading => ({
  outputs: completion,
  finishReasons: recordsIn(completion["choices"]).map((choice) => choice["finish_reason"]),
  hasTokenUsage: true,
});

const asText = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);

export const readResponse = (response: JsonRecord): ResponseReading => {
  const { status, error, incomplete_details: details } = response;
  const reason = isRecord(details) ? details["reason"] : undefined;
  const { code, message } = isRecord(error) ? error : {};
  return {
    outputs: response,
    finishReasons: [reason ?? status],
    hasTokenUsage: true,
    ...(status === "failed" ? { failure: { name: asText(code, "failed"), message: asText(message, "") } } : {}),
  };
};

/** Embeddings without their vectors, which no one reads and which outweigh everything else in a trace. */
export const readEmbeddings = (response: JsonRecord, { vectors }: { vectors: boolean }): ResponseReading => ({
  outputs: vectors
    ? response
    : {
        ...response,
        data: recordsIn(response["data"]).map((item) => ({ ...item, embedding: describeVector(item["embedding"]) })),
      },
  hasTokenUsage: false,
});

const bytesOfFloat = 4;

const describeVector = (vector: unknown): string => {
  if (typeof vector === "string") {
    const bytes = Math.floor((vector.replace(/=+$/, "").length * 3) / 4);
    return `[${Math.floor(bytes / bytesOfFloat)} dimensions]`;
  }
  return Array.isArray(vector) ? `[${vector.length} dimensions]` : "[vector]";
};

interface UsageReading {
  readonly input: number;
  readonly output: number;
  readonly total: number;
  readonly cached: number | undefined;
  readonly reasoning: number | undefined;
}

const asNumber = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

const detailOf = (usage: JsonRecord, details: string, key: string): number | undefined => {
  const found = usage[details];
  return isRecord(found) ? asNumber(found[key]) : undefined;
};

/** Chat completions count `prompt` and `completion` tokens, responses `input` and `output` tokens. */
const readUsage = (usage: unknown): UsageReading | undefined => {
  if (!isRecord(usage)) return undefined;
  const input = asNumber(usage["prompt_tokens"]) ?? asNumber(usage["input_tokens"]);
  if (input === undefined) return undefined;
  const output = asNumber(usage["completion_tokens"]) ?? asNumber(usage["output_tokens"]) ?? 0;
  return {
    input,
    output,
    total: asNumber(usage["total_tokens"]) ?? input + output,
    cached:
      detailOf(usage, "prompt_tokens_details", "cached_tokens") ??
      detailOf(usage, "input_tokens_details", "cached_tokens"),
    reasoning:
      detailOf(usage, "completion_tokens_details", "reasoning_tokens") ??
      detailOf(usage, "output_tokens_details", "reasoning_tokens"),
  };
};

const recordUsage = (span: LiveSpan, usage: UsageReading, hasTokenUsage: boolean): void => {
  const { input, output, total, cached, reasoning } = usage;
  const tokenUsage: TokenUsage = { input_tokens: input, output_tokens: output, total_tokens: total };
  if (cached !== undefined) tokenUsage.cache_read_input_tokens = cached;
  if (hasTokenUsage) span.setTokenUsage(tokenUsage);
  span.setAttributes({
    "gen_ai.usage.input_tokens": input,
    ...(hasTokenUsage ? { "gen_ai.usage.output_tokens": output } : {}),
    ...(cached === undefined ? {} : { "gen_ai.usage.cache_read.input_tokens": cached }),
    ...(reasoning === undefined ? {} : { "gen_ai.usage.reasoning.output_tokens": reasoning }),
  });
};

/** Records what came back: MLflow's outputs and usage, and the attributes of OpenTelemetry's conventions. */
export const recordResponse = (span: LiveSpan, response: JsonRecord, reading: ResponseReading): void => {
  const { outputs, finishReasons, hasTokenUsage, failure } = reading;
  span.setOutputs(outputs);
  const { id, model, service_tier: serviceTier } = response;
  if (typeof id === "string") span.setAttribute("gen_ai.response.id", id);
  if (typeof model === "string") span.setAttribute("gen_ai.response.model", model);
  if (typeof serviceTier === "string") span.setAttribute("openai.response.service_tier", serviceTier);
  if (finishReasons !== undefined) setTextList(span, "gen_ai.response.finish_reasons", finishReasons);
  const usage = readUsage(response["usage"]);
  if (usage !== undefined) recordUsage(span, usage, hasTokenUsage);
  if (failure !== undefined) {
    span.recordException(failure);
    span.setAttribute("error.type", failure.name);
  }
};
