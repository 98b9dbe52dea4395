import type { ReadableSpan } from "../readable-span.ts";
import { SpanAttributeKey, SpanType } from "@tracelake/wire";

const level = { DEBUG: 10, INFO: 20, ERROR: 40 } as const;

const shownByDefault: ReadonlySet<unknown> = new Set([
  SpanType.LLM,
  SpanType.CHAT_MODEL,
  SpanType.TOOL,
  SpanType.RETRIEVER,
  SpanType.AGENT,
  SpanType.EMBEDDING,
]);

/**
 * The level by which MLflow's UI shows or hides a span, where nobody has set one: `INFO` for model calls, tools,
 * retrievers and agents, `DEBUG` for what glues them together, at least `ERROR` where an exception was recorded.
 *
 * @returns `undefined` for a span without an MLflow type, which belongs to another instrumentation.
 * @see https://github.com/mlflow/mlflow/blob/master/mlflow/tracing/utils/default_log_level.py
 */
export const logLevelOf = ({ attributes, events }: Pick<ReadableSpan, "attributes" | "events">): number | undefined => {
  const spanType = attributes[SpanAttributeKey.SPAN_TYPE];
  if (spanType === undefined) return undefined;
  const given = attributes[SpanAttributeKey.LOG_LEVEL];
  const lowest = events.some(({ name }) => name === "exception") ? level.ERROR : 0;
  if (typeof given === "number") return Math.max(given, lowest);
  return Math.max(shownByDefault.has(spanType) ? level.INFO : level.DEBUG, lowest);
};
