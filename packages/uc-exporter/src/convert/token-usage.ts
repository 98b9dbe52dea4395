import type { Attributes } from "@opentelemetry/api";
import { SpanAttributeKey, type TokenUsage } from "@tracelake/wire";

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

const fromJson = (json: unknown): TokenUsage | undefined => {
  if (typeof json !== "string") return undefined;
  try {
    const value = JSON.parse(json) as Partial<Record<keyof TokenUsage, unknown>>;
    const input = count(value.input_tokens);
    const output = count(value.output_tokens);
    if (input === undefined && output === undefined) return undefined;
    const cacheRead = count(value.cache_read_input_tokens);
    const cacheCreation = count(value.cache_creation_input_tokens);
    return {
      input_tokens: input ?? 0,
      output_tokens: output ?? 0,
      total_tokens: count(value.total_tokens) ?? (input ?? 0) + (output ?? 0),
      ...(cacheRead === undefined ? {} : { cache_read_input_tokens: cacheRead }),
      ...(cacheCreation === undefined ? {} : { cache_creation_input_tokens: cacheCreation }),
    };
  } catch {
    return undefined;
  }
};

/**
 * The tokens a span reports about itself: MLflow's attribute, or OpenTelemetry's `gen_ai.usage.*` of other
 * instrumentations. Those of embeddings do not count, as in MLflow: they have another price than a model's.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
 */
export const usageOf = (attributes: Attributes): TokenUsage | undefined => {
  const mlflow = fromJson(attributes[SpanAttributeKey.TOKEN_USAGE]);
  if (mlflow !== undefined || attributes["gen_ai.operation.name"] === "embeddings") return mlflow;
  const input = count(attributes["gen_ai.usage.input_tokens"]);
  const output = count(attributes["gen_ai.usage.output_tokens"]);
  if (input === undefined && output === undefined) return undefined;
  return { input_tokens: input ?? 0, output_tokens: output ?? 0, total_tokens: (input ?? 0) + (output ?? 0) };
};
