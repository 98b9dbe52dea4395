import type { LiveSpan, TokenUsage } from "@tracelake/uc-exporter";
import { asNumber, asText, isRecord, type JsonRecord } from "./json-record.ts";
import { setTextList } from "./read-request.ts";
import type { ResponseReading, Surface } from "./surface.ts";

interface UsageReading {
  readonly input: number;
  readonly output: number;
  readonly total: number;
  readonly cached: number | undefined;
  readonly cacheWritten: number | undefined;
  readonly reasoning: number | undefined;
}

// Chat completions have `prompt_tokens_details`, responses `input_tokens_details`, realtime `input_token_details`.
const inputDetails = ["prompt_tokens_details", "input_tokens_details", "input_token_details"];
const outputDetails = ["completion_tokens_details", "output_tokens_details", "output_token_details"];

const detailOf = (usage: JsonRecord, groups: readonly string[], ...names: readonly string[]): number | undefined => {
  for (const group of groups) {
    const details = usage[group];
    if (!isRecord(details)) continue;
    for (const name of names) if (typeof details[name] === "number") return details[name];
  }
  return undefined;
};

/** Chat completions count `prompt` and `completion` tokens, responses `input` and `output` tokens. */
const readUsage = (usage: JsonRecord): UsageReading | undefined => {
  const input = asNumber(usage["prompt_tokens"]) ?? asNumber(usage["input_tokens"]);
  if (input === undefined) return undefined;
  const output = asNumber(usage["completion_tokens"]) ?? asNumber(usage["output_tokens"]) ?? 0;
  return {
    input,
    output,
    total: asNumber(usage["total_tokens"]) ?? input + output,
    cached: detailOf(usage, inputDetails, "cached_tokens") ?? asNumber(usage["cache_read_input_tokens"]),
    // Of providers that bill for writing to their cache, as those behind Databricks model serving do.
    cacheWritten:
      detailOf(usage, inputDetails, "cache_creation_tokens", "cache_write_tokens") ??
      asNumber(usage["cache_creation_input_tokens"]),
    reasoning: detailOf(usage, outputDetails, "reasoning_tokens"),
  };
};

const namedDetails = new Set(["cached_tokens", "reasoning_tokens"]);

// Audio, image and whatever kinds of tokens there may be one day: by the names the server gives them.
const recordOtherDetails = (span: LiveSpan, usage: JsonRecord): void => {
  for (const group of [...inputDetails, ...outputDetails]) {
    const details = usage[group];
    if (!isRecord(details)) continue;
    for (const name of Object.keys(details)) {
      const count = details[name];
      if (typeof count === "number" && count > 0 && !namedDetails.has(name))
        span.setAttribute(`openai.usage.${group}.${name}`, count);
    }
  }
};

const recordUsage = (span: LiveSpan, usage: JsonRecord, isCounted: boolean): void => {
  const reading = readUsage(usage);
  if (typeof usage["seconds"] === "number") span.setAttribute("openai.usage.seconds", usage["seconds"]);
  if (reading === undefined) return;
  const { input, output, total, cached, cacheWritten, reasoning } = reading;
  const tokenUsage: TokenUsage = { input_tokens: input, output_tokens: output, total_tokens: total };
  if (cached !== undefined) tokenUsage.cache_read_input_tokens = cached;
  if (cacheWritten !== undefined) tokenUsage.cache_creation_input_tokens = cacheWritten;
  if (isCounted) span.setTokenUsage(tokenUsage);
  span.setAttributes({
    "gen_ai.usage.input_tokens": input,
    ...(isCounted ? { "gen_ai.usage.output_tokens": output } : {}),
    ...(cached === undefined ? {} : { "gen_ai.usage.cache_read.input_tokens": cached }),
    ...(cacheWritten === undefined ? {} : { "gen_ai.usage.cache_creation.input_tokens": cacheWritten }),
    ...(reasoning === undefined ? {} : { "gen_ai.usage.reasoning.output_tokens": reasoning }),
  });
  recordOtherDetails(span, usage);
};

// The last ids whose tokens were counted: a response made in the background is asked for until it is there, and after.
const countedIds = new Set<string>();
const mostCountedIds = 1000;

const countsFirst = (id: unknown): boolean => {
  if (typeof id !== "string") return true;
  if (countedIds.has(id)) return false;
  countedIds.add(id);
  for (const oldest of countedIds) {
    if (countedIds.size <= mostCountedIds) break;
    countedIds.delete(oldest);
  }
  return true;
};

/** Records what came back: MLflow's outputs and usage, and the attributes of OpenTelemetry's conventions. */
export const recordResponse = (
  span: LiveSpan,
  surface: Surface,
  response: JsonRecord,
  { outputs, finishReasons, tokens, failure, conversationId }: ResponseReading,
): void => {
  span.setOutputs(outputs);
  const { id, usage } = response;
  for (const [attribute, value] of [
    ["gen_ai.response.id", id],
    ["gen_ai.response.model", response["model"]],
    ["gen_ai.conversation.id", conversationId],
    ["openai.response.service_tier", response["service_tier"]],
    ["openai.response.system_fingerprint", response["system_fingerprint"]],
  ] as const) {
    if (asText(value) !== undefined) span.setAttribute(attribute, value);
  }
  if (finishReasons !== undefined) setTextList(span, "gen_ai.response.finish_reasons", finishReasons);
  const isTold = isRecord(usage) && tokens !== "ignored";
  if (isTold && (countsFirst(id) || surface.isRepeated !== true)) recordUsage(span, usage, tokens === "counted");
  if (failure !== undefined) {
    span.recordException(failure);
    span.setAttribute("error.type", failure.name);
  }
};

// https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
const recordedHeaders = [
  "x-request-id",
  "retry-after",
  "openai-processing-ms",
  "x-ratelimit-limit-requests",
  "x-ratelimit-limit-tokens",
  "x-ratelimit-remaining-requests",
  "x-ratelimit-remaining-tokens",
  "x-ratelimit-reset-requests",
  "x-ratelimit-reset-tokens",
];

const headerOf = (headers: JsonRecord, name: string): string | undefined => {
  const { get } = headers;
  return asText(typeof get === "function" ? Reflect.apply(get, headers, [name]) : headers[name]);
};

/** Records the status and the telling headers of an HTTP response, or of an error that the client made of one. */
export const recordHttp = (span: LiveSpan, response: unknown): void => {
  if (!isRecord(response)) return;
  const { status, headers } = response;
  if (typeof status === "number") span.setAttribute("http.response.status_code", status);
  if (!isRecord(headers)) return;
  for (const name of recordedHeaders) {
    const value = headerOf(headers, name);
    if (value !== undefined) span.otelSpan.setAttribute(`http.response.header.${name}`, [value]);
  }
};
