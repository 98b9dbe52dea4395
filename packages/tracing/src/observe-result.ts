import { finished, Readable } from "node:stream";
import type { LiveSpan } from "./live-span.ts";
import { observeIteration, observeIterator, observeReadableStream } from "./observe-stream.ts";
import { safely } from "./runtime.ts";

/** How the outputs of an observed call are made from what it returned or yielded. */
export interface OutputOptions {
  /** The outputs of a stream or generator, from the items it produced; without it the list of them. */
  readonly reduceOutput?: (items: readonly unknown[]) => unknown;
}

const succeed = (span: LiveSpan, outputs: unknown): void => span.end(outputs === undefined ? {} : { outputs });

const fail = (span: LiveSpan, error: unknown): void => {
  span.recordException(error);
  span.end();
};

const isThenable = (value: object): value is PromiseLike<unknown> =>
  "then" in value && typeof value.then === "function";

/** `"sync"` and `"async"` where the value is what a generator function returns. */
const generatorKind = (value: object): "sync" | "async" | undefined => {
  switch (Object.prototype.toString.call(value)) {
    case "[object Generator]":
      return "sync";
    case "[object AsyncGenerator]":
      return "async";
    default:
      return undefined;
  }
};

const observeObject = (value: object, span: LiveSpan, options: OutputOptions): unknown => {
  const finish = {
    onEnd: (items: readonly unknown[]) =>
      succeed(span, options.reduceOutput === undefined ? items : safely(() => options.reduceOutput?.(items), items)),
    onError: (error: unknown) => fail(span, error),
  };
  const generator = generatorKind(value);
  if (generator !== undefined) return observeIterator(value, span, finish);
  if (value instanceof ReadableStream) return observeReadableStream(value, finish);
  if (value instanceof Readable) {
    finished(value, (error) => (error ? fail(span, error) : succeed(span, "[Stream]")));
    return value;
  }
  if (Symbol.asyncIterator in value) return observeIteration(value, span, finish);
  succeed(span, value);
  return value;
};

/**
 * Ends `span` when what an observed call returned is over: at once for a plain value, when it settles for a promise, when
 * it is read to its end, left or broken for a generator or stream.
 *
 * @returns what the caller is to get. A plain promise is returned as a promise that settles alike, so that a rejection
 * nobody handles stays one; any other thenable, such as `APIPromise`, is returned as it is.
 */
export const observeResult = <T>(result: T, span: LiveSpan, options: OutputOptions = {}): T => {
  if (typeof result !== "object" || result === null) {
    succeed(span, result);
    return result;
  }
  // A hostile proxy answers anything; whatever it does, it is returned as it came.
  return safely(
    () => (isThenable(result) ? observeThenable(result, span, options) : observeObject(result, span, options)),
    result,
  ) as T;
};

const observeThenable = (
  result: PromiseLike<unknown>,
  span: LiveSpan,
  options: OutputOptions,
): PromiseLike<unknown> => {
  const onValue = (value: unknown): unknown => observeResult(value, span, options);
  const isPlain = result instanceof Promise && result.constructor === Promise;
  if (isPlain) {
    return result.then(onValue, (error: unknown) => {
      fail(span, error);
      throw error;
    });
  }
  result.then(onValue, (error: unknown) => fail(span, error));
  return result;
};

/** Records that the call itself threw. */
export const observeThrow = (error: unknown, span: LiveSpan): void => fail(span, error);
