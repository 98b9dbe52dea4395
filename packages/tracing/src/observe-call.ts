import { keepInside, observeResult, runObserved, type OutputOptions } from "./observe-result.ts";
import { safely } from "./runtime.ts";
import { startSpan, type SpanOptions } from "./start-span.ts";
import type { LiveSpan } from "./live-span.ts";

/**
 * Calls `call` once, inside a span that ends when its result is over. Where no span can be had the call is made all the
 * same, with `undefined`.
 */
export const observeCall = <T>(
  spanOptions: () => SpanOptions,
  call: (span: LiveSpan | undefined) => T,
  output: OutputOptions = {},
): T => {
  const span = safely(() => startSpan(spanOptions()), undefined);
  if (span === undefined) return call(undefined);
  if (!span.isRecording) {
    return keepInside(
      span.run(() => call(span)),
      span,
    );
  }
  const result = runObserved(span, () => call(span));
  return observeResult(result, span, output);
};
