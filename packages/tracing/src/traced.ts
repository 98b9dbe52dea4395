import { trace, type TraceOptions } from "./trace.ts";

/**
 * A decorator (TC39, TypeScript ≥ 5.0) that does to a method what {@link trace} does to a function.
 *
 * @see https://github.com/tc39/proposal-decorators
 */
export const traced =
  (options: TraceOptions = {}) =>
  <This, Args extends unknown[], Return>(
    method: (this: This, ...args: Args) => Return,
    decorated: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Return>,
  ): ((this: This, ...args: Args) => Return) =>
    trace(method, { name: String(decorated.name), ...options });
