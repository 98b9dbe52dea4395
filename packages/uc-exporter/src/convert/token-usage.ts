import type { Attributes } from "@opentelemetry/api";
import { parseTokenUsage, SpanAttributeKey, type TokenUsage } from "@tracelake/wire";

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

const fromJson = (json: unknown): TokenUsage | undefined => {
  const usage = typeof json === "string" ? parseTokenUsage(json) : undefined;
  if (usage?.input_tokens === undefined && usage?.output_tokens === undefined) return undefined;
  const { input_tokens = 0, output_tokens = 0 } = usage;
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens, ...usage };
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
