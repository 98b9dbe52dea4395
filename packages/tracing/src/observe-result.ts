import type { Readable } from "node:stream";
import { isThenable } from "./is-thenable.ts";
import type { LiveSpan } from "./live-span.ts";
import { onAbandoned, type StreamObserver } from "./observe-collector.ts";
import { observeIteration, observeIterator } from "./observe-stream.ts";
import { observeReadableStream } from "./observe-web-stream.ts";
import { observeWhenAwaited } from "./observe-when-awaited.ts";
import { safely, tracingRuntime } from "./runtime.ts";

/** How the outputs of an observed call are made from what it returned or yielded. */
export interface OutputOptions {
  /**
   * The outputs of a stream or generator, from the items it produced; without it the list of them. It is given the items
   * themselves, so that those of a class can do what they can, and of bytes copies: the first 10,000, and no more than
   * may be recorded by the capture policy.
   */
  readonly reduceOutput?: (items: readonly unknown[]) => unknown;
}

const succeed = (span: LiveSpan, outputs: unknown): void => span.end(outputs === undefined ? {} : { outputs });

const fail = (span: LiveSpan, error: unknown): void => {
  span.recordException(error);
  span.end();
};

const isPlainPromise = (value: object): value is Promise<unknown> =>
  value instanceof Promise && value.constructor === Promise;

/** Whether the value is what a generator function returns. */
const isGenerator = (value: object): boolean =>
  /^\[object (Async)?Generator\]$/.test(Object.prototype.toString.call(value));

// A subclass, such as LangChain's with its `next()`, has more to it than a stream that is put in its place.
const isPlainWebStream = (value: object): value is ReadableStream<unknown> =>
  value instanceof ReadableStream && value.constructor === ReadableStream;

// Leaving a `for await` loop early destroys a Node.js stream, which is no failure of whoever made it.
const isLeft = (error: NodeJS.ErrnoException): boolean =>
  error.code === "ERR_STREAM_PREMATURE_CLOSE" || error.name === "AbortError";

const isReadable = (value: object): value is Readable =>
  value instanceof process.getBuiltinModule("node:stream").Readable;

// Made apart from the stream, which `onAbandoned` must not reach.
const endOf =
  (span: LiveSpan) =>
  (error?: NodeJS.ErrnoException | null): void =>
    error && !isLeft(error) ? fail(span, error) : succeed(span, "[Stream]");

const observeReadable = (stream: Readable, span: LiveSpan): void => {
  const end = endOf(span);
  // Without `error: false` an error that nobody handles would count as handled.
  process.getBuiltinModule("node:stream").finished(stream, { error: false, writable: false }, end);
  onAbandoned(stream, end);
};

/** Observes what makes its items as they are asked for: in place, and every step inside `span`. */
const observeSteps = (value: object, span: LiveSpan, observer: StreamObserver): boolean => {
  if (isGenerator(value) || (value instanceof ReadableStream && "next" in value))
    observeIterator(value, span, observer);
  else if (Symbol.asyncIterator in value) observeIteration(value, span, observer);
  else return false;
  return true;
};

const observeObject = (value: object, span: LiveSpan, options: OutputOptions): unknown => {
  // Without content nothing is kept that could be reduced.
  const reduce = tracingRuntime().policy.content ? options.reduceOutput : undefined;
  const finish = {
    keepsOriginals: reduce !== undefined,
    onEnd: (items: readonly unknown[]) =>
      succeed(span, reduce === undefined ? items : safely(() => reduce(items), items)),
    onError: (error: unknown) => fail(span, error),
  };
  if (isPlainWebStream(value)) return observeReadableStream(value, finish);
  if (isReadable(value)) observeReadable(value, span);
  else if (!observeSteps(value, span, finish)) succeed(span, value);
  return value;
};

/**
 * Ends `span` when what an observed call returned is over: at once for a plain value, when it settles for a promise, when
 * it is read to its end, left or broken for a generator or stream.
 *
 * @returns what the caller is to get. A plain promise is returned as a promise that settles alike, so that a rejection
 * nobody handles stays one; any other thenable, such as `APIPromise`, is the same object and is called only when the
 * caller calls it.
 */
export const observeResult = <T>(result: T, span: LiveSpan, options: OutputOptions = {}): T => {
  if (typeof result !== "object" || result === null) {
    succeed(span, result);
    return result;
  }
  // A hostile proxy answers anything, and a locked stream refuses: whatever it does, it is returned as it came.
  const unobserved = Symbol("unobserved");
  const observed = safely<unknown>(
    () => (isThenable(result) ? observeThenable(result, span, options) : observeObject(result, span, options)),
    unobserved,
  );
  if (observed !== unobserved) return observed as T;
  succeed(span, "[Unreadable]");
  return result;
};

const nobody: StreamObserver = { onItem: () => undefined, onEnd: () => undefined, onError: () => undefined };

/**
 * What remains of {@link observeResult} where `span` is not recorded: what the result calls while it is read belongs to the
 * span all the same, or it would begin traces of its own.
 */
export const keepInside = <T>(result: T, span: LiveSpan): T =>
  safely<unknown>(() => {
    if (typeof result !== "object" || result === null) return result;
    if (isPlainPromise(result)) return result.then((value) => keepInside(value, span));
    if (!isPlainWebStream(result) && !isReadable(result)) observeSteps(result, span, nobody);
    return result;
  }, result) as T;

const observeThenable = (
  result: PromiseLike<unknown>,
  span: LiveSpan,
  options: OutputOptions,
): PromiseLike<unknown> => {
  if (!isPlainPromise(result)) {
    const settlement = settlementOf(span, options);
    observeWhenAwaited(result, settlement);
    settlement.watch(result);
    return result;
  }
  return result.then(
    (value) => observeResult(value, span, options),
    (error: unknown) => {
      fail(span, error);
      throw error;
    },
  );
};

// Made apart from the thenable, which `onAbandoned` must not reach.
const settlementOf = (span: LiveSpan, options: OutputOptions) => {
  let seen: { readonly value: unknown } | undefined;
  let stopWatching: (() => void) | undefined;
  return {
    watch: (thenable: object): void => {
      stopWatching = onAbandoned(thenable, () => span.end());
    },
    onValue: (value: unknown): unknown => {
      // From here on the span ends with the value, which may be a stream.
      stopWatching?.();
      return (seen ??= { value: observeResult(value, span, options) }).value;
    },
    onError: (error: unknown): void => {
      stopWatching?.();
      fail(span, error);
    },
  };
};

/** Records that the call itself threw. */
export const observeThrow = (error: unknown, span: LiveSpan): void => fail(span, error);

/**
 * Makes a call inside `span`, which ends where the call throws. What it returns is for {@link observeResult}.
 *
 * @throws what the call throws.
 */
export const runObserved = <T>(span: LiveSpan, call: () => T): T => {
  try {
    return span.run(call);
  } catch (error) {
    fail(span, error);
    throw error;
  }
};
