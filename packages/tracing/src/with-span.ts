import { LiveSpan } from "./live-span.ts";
import { observeCall } from "./observe-call.ts";
import type { OutputOptions } from "./observe-result.ts";
import { registerSpan } from "./span-entry.ts";
import { silentSpan, tracingRuntime } from "./runtime.ts";
import type { SpanOptions } from "./start-span.ts";

/**
 * Runs `action` inside a span that is active while it runs, and ends the span when the result is over: at once, when a
 * promise settles, when a generator or stream has been read. What it returns becomes the outputs unless it set some.
 *
 * @returns what `action` returns; what it throws is recorded and thrown on.
 */
export const withSpan = <T>(options: SpanOptions & OutputOptions, action: (span: LiveSpan) => T): T =>
  observeCall(
    () => options,
    (span) => action(span ?? noSpan(options.name)),
    options,
  );

const noSpan = (name: string): LiveSpan =>
  new LiveSpan(silentSpan, registerSpan(silentSpan, undefined, name), tracingRuntime().policy);
