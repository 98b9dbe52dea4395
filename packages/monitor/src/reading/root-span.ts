import type { Trace, TraceSpan } from "@tracelake/workspace-client";

/** The span that stands for the whole trace; `undefined` while it has not come. */
export const rootSpanOf = (trace: Trace): TraceSpan | undefined =>
  trace.spans.find((span) => span.parentSpanId === undefined);
