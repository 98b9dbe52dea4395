import type { TokenUsage } from "@tracelake/wire";
import type { LiveSpan } from "./live-span.ts";
import { entryOf } from "./span-entry.ts";

/**
 * Marks a span as a model call as its framework sees it. Spans right below are the same call as the provider's client sees
 * it: from then on their tokens are kept for {@link usageBelowModelCall} and not on them, so that whoever adds up spans
 * counts each token once.
 */
export const markModelCall = (span: LiveSpan): void => {
  const entry = entryOf(span.otelSpan);
  if (entry !== undefined) entry.modelCall = { usageBelow: undefined };
};

/** The tokens that the spans right below a model call have reported so far; `undefined` where they reported none. */
export const usageBelowModelCall = (span: LiveSpan): TokenUsage | undefined =>
  entryOf(span.otelSpan)?.modelCall?.usageBelow;
