import { SpanAttributeKey } from "@tracelake/wire";
import { observeCall } from "./observe-call.ts";
import type { OutputOptions } from "./observe-result.ts";
import { argumentsByName } from "./parameter-names.ts";
import type { SpanOptions } from "./start-span.ts";

/** What {@link trace} records about a function beside its arguments and its result. */
export type TraceOptions = Omit<SpanOptions, "name" | "inputs" | "startTime"> &
  OutputOptions & { readonly name?: string };

/**
 * The same function, every call of which is a span: its arguments by name are the inputs, what it returns is the outputs.
 * Works for plain, async, generator and async generator functions and for functions that return streams. Name, length,
 * properties and `this` stay as they are.
 */
export const trace = <F extends (...args: never[]) => unknown>(fn: F, options: TraceOptions = {}): F =>
  new Proxy(fn, {
    apply: (target, thisArgument: unknown, args: unknown[]): unknown =>
      observeCall(
        () => ({
          ...options,
          name: options.name ?? (target.name || "anonymous"),
          inputs: argumentsByName(target, args),
          attributes: { [SpanAttributeKey.FUNCTION_NAME]: target.name || "anonymous", ...options.attributes },
        }),
        (): unknown => Reflect.apply(target, thisArgument, args),
        options,
      ),
  });
