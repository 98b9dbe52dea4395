import { TraceFlags, type Context, type SpanContext } from "@opentelemetry/api";
import { isChosen } from "@tracelake/tracing";

/** Whether a span is recorded. `parent` is `undefined` where a trace begins. */
export type Sampler = (of: {
  readonly from: Context;
  readonly parent: SpanContext | undefined;
  readonly traceId: string;
}) => boolean;

const largestPart = 0xffffffff;

// As OpenTelemetry's sampler by trace id does, so that whoever samples the same ids by it keeps the same traces.
const partOf = (traceId: string): number => {
  let part = 0;
  for (let at = 0; at < traceId.length; at += 8) part ^= Number.parseInt(traceId.slice(at, at + 8), 16);
  return part >>> 0;
};

/** The sampler of Tracelake's own provider: one decision for each trace, by its id, unless the call has a ratio of its own. */
export const createSampler = (ratio: number): Sampler => {
  if (ratio === 1) return () => true;
  const limit = Math.floor(ratio * largestPart);
  return ({ from, parent, traceId }) =>
    parent === undefined ? isChosen(from) || partOf(traceId) < limit : (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
};
